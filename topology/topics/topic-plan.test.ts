import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../../state/index.ts'
import { EmbeddedBroker, type TopicDescription, type TopicSpec } from '../broker/index.ts'
import { systemPorts } from '../system-ports.ts'
import { applyTopics } from './apply-topics.ts'
import { planTopics, type TopicPlanOptions } from './topic-plan.ts'

const EVENTS: TopicSpec = { name: 'app-events', partitions: 4, replicationFactor: 3, config: { 'retention.ms': '-1' } }
const THERE: TopicDescription = {
  name: 'app-events',
  topicId: 'id',
  partitions: 4,
  replicationFactor: 3,
  config: { 'retention.ms': '-1', 'min.insync.replicas': '2' },
}

const plan = (options: Partial<TopicPlanOptions>) =>
  planTopics({ wanted: [EVENTS], existing: [THERE], brokers: 3, prefix: 'app-', prune: false, addPartitions: false, ...options })

describe('A plan of topics', () => {
  it('has nothing to do where all is as declared', () => {
    expect(plan({})).toEqual({ actions: [], warnings: [], problems: [] })
  })

  it('creates what is missing, so that one of three brokers may be missing too', () => {
    const config = { 'min.insync.replicas': '2', 'retention.ms': '-1' }
    expect(plan({ existing: [] }).actions).toEqual([{ kind: 'create', topic: { ...EVENTS, config } }])
  })

  it('makes no more replicas than there are brokers, and says so', () => {
    const { actions, warnings, problems } = plan({ existing: [], brokers: 1 })
    expect(actions).toEqual([{ kind: 'create', topic: { ...EVENTS, replicationFactor: 1 } }])
    expect(warnings).toEqual(['1 topic should have more replicas than there are brokers, and get one on each of the 1.'])
    expect(problems).toEqual([])
  })

  it('repairs settings, and names those it does', () => {
    const config = { 'retention.ms': '1000', 'min.insync.replicas': '2', 'segment.ms': '5' }
    expect(plan({ existing: [{ ...THERE, config }] }).actions).toEqual([
      { kind: 'configure', name: 'app-events', settings: [{ key: 'retention.ms', is: '1000', wanted: '-1' }] },
    ])
  })

  it('repairs what takes records away, though nobody has declared it', () => {
    const config = { ...THERE.config, 'cleanup.policy': 'compact', 'retention.bytes': '1000', 'segment.ms': '5' }
    expect(plan({ existing: [{ ...THERE, config }] }).actions).toEqual([
      {
        kind: 'configure',
        name: 'app-events',
        settings: [
          { key: 'cleanup.policy', is: 'compact', wanted: 'delete' },
          { key: 'retention.bytes', is: '1000', wanted: '-1' },
        ],
      },
    ])
  })

  it('never adds partitions to a topic whose records have keys, and explains that', () => {
    const { actions, problems } = plan({ existing: [{ ...THERE, partitions: 2 }], addPartitions: true })
    expect(actions).toEqual([])
    expect(problems.join()).toContain('app-events has 2 partitions instead of 4, and its records have keys')
  })

  it('adds partitions to a topic without keys when told to', () => {
    const existing = [{ ...THERE, partitions: 1 }]
    const keyless = ['app-events']
    expect(plan({ existing, keyless }).problems).toEqual(['app-events has 1 partition instead of 4: --add-partitions gives it the others.'])
    expect(plan({ existing, keyless, addPartitions: true })).toEqual({
      actions: [{ kind: 'addPartitions', name: 'app-events', from: 1, to: 4 }],
      warnings: [],
      problems: [],
    })
  })

  it('takes no partitions away and moves no replicas, and says that all is not well', () => {
    const { actions, problems } = plan({ existing: [{ ...THERE, partitions: 8, replicationFactor: 1 }], addPartitions: true })
    expect(actions).toEqual([])
    expect(problems).toEqual([
      'app-events has 1 replica instead of 3: move its partitions with kafka-reassign-partitions.',
      'app-events has 8 partitions instead of 4, and Kafka takes none away: declare 8, or make the topic anew.',
    ])
  })

  it('deletes what nobody declares, when told to and within the prefix only', () => {
    const existing = [THERE, { ...THERE, name: 'app-old' }, { ...THERE, name: 'other' }]
    expect(plan({ existing })).toMatchObject({ actions: [], problems: ['Nobody declares app-old: --prune deletes what is not declared.'] })
    expect(plan({ existing, prune: true })).toEqual({ actions: [{ kind: 'delete', name: 'app-old' }], warnings: [], problems: [] })
  })
})

describe('On a broker', () => {
  let broker: EmbeddedBroker

  beforeEach(async () => {
    broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts() })
  })

  afterEach(() => broker.close())

  it('a plan that was carried out leaves nothing to do, however often it is', async () => {
    await broker.admin.createTopics([
      { name: 'app-events', partitions: 4, config: { 'retention.ms': '5' } },
      { name: 'app-old', partitions: 1 },
      { name: 'app-letters', partitions: 1 },
      { name: 'other', partitions: 1 },
    ])
    const wanted = [EVENTS, { name: 'app-commands', partitions: 4 }, { name: 'app-letters', partitions: 2 }]
    const planNow = async () =>
      plan({
        wanted,
        existing: await broker.admin.describeTopics(),
        brokers: await broker.admin.brokerCount(),
        prune: true,
        addPartitions: true,
        keyless: ['app-letters'],
      })
    const first = await planNow()
    expect(first.actions.map(({ kind }) => kind).sort()).toEqual(['addPartitions', 'configure', 'create', 'delete'])
    await applyTopics(broker.admin, first.actions)
    expect(await planNow()).toMatchObject({ actions: [], problems: [] })
    await applyTopics(broker.admin, first.actions)
    expect((await broker.admin.describeTopics()).map(({ name, partitions }) => `${name} ${partitions}`).sort()).toEqual([
      'app-commands 4',
      'app-events 4',
      'app-letters 2',
      'other 1',
    ])
  })
})
