import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MemoryStorage } from '../../state/index.ts'
import { DEFAULT_RECORD_LIMITS, EmbeddedBroker, type TopicDescription, type TopicSpec } from '../broker/index.ts'
import { systemPorts } from '../system-ports.ts'
import { applyTopics } from './apply-topics.ts'
import { planTopics, type TopicPlanOptions } from './topic-plan.ts'

const EVENTS: TopicSpec = { name: 'app-events', partitions: 4, replicationFactor: 3, config: { 'retention.ms': '-1' } }
const EXISTING: TopicDescription = {
  name: 'app-events',
  topicId: 'id',
  partitions: 4,
  replicationFactor: 3,
  config: { 'retention.ms': '-1', 'min.insync.replicas': '2' },
  limits: DEFAULT_RECORD_LIMITS,
}

const plan = (options: Partial<TopicPlanOptions>) =>
  planTopics({ declared: [EVENTS], existing: [EXISTING], brokers: 3, prefix: 'app-', prune: false, addPartitions: false, ...options })

describe('A plan of topics', () => {
  it('is empty if all topics are as declared', () => {
    expect(plan({})).toEqual({ actions: [], warnings: [], problems: [] })
  })

  it('creates missing topics so that writes succeed with one of three replicas out of sync', () => {
    const config = { 'min.insync.replicas': '2', 'retention.ms': '-1' }
    expect(plan({ existing: [] }).actions).toEqual([{ kind: 'create', topic: { ...EVENTS, config } }])
  })

  it('creates no more replicas than there are brokers, with a warning', () => {
    const { actions, warnings, problems } = plan({ existing: [], brokers: 1 })
    expect(actions).toEqual([{ kind: 'create', topic: { ...EVENTS, replicationFactor: 1 } }])
    expect(warnings).toEqual(['1 topic declared with more replicas than brokers: limited to 1 replica.'])
    expect(problems).toEqual([])
  })

  it('corrects settings and lists each of them', () => {
    const config = { 'retention.ms': '1000', 'min.insync.replicas': '2', 'segment.ms': '5' }
    expect(plan({ existing: [{ ...EXISTING, config }] }).actions).toEqual([
      { kind: 'configure', name: 'app-events', settings: [{ key: 'retention.ms', actual: '1000', declared: '-1' }] },
    ])
  })

  it('corrects undeclared settings that could delete records', () => {
    const config = { ...EXISTING.config, 'cleanup.policy': 'compact', 'retention.bytes': '1000', 'segment.ms': '5' }
    expect(plan({ existing: [{ ...EXISTING, config }] }).actions).toEqual([
      {
        kind: 'configure',
        name: 'app-events',
        settings: [
          { key: 'cleanup.policy', actual: 'compact', declared: 'delete' },
          { key: 'retention.bytes', actual: '1000', declared: '-1' },
        ],
      },
    ])
  })

  it('never adds partitions to a topic whose records have keys, and explains why', () => {
    const { actions, problems } = plan({ existing: [{ ...EXISTING, partitions: 2 }], addPartitions: true })
    expect(actions).toEqual([])
    expect(problems.join()).toContain('app-events has 2 partitions instead of 4, and its records have keys')
  })

  it('adds partitions to a topic without keys if the option is set', () => {
    const existing = [{ ...EXISTING, partitions: 1 }]
    const keyless = ['app-events']
    expect(plan({ existing, keyless }).problems).toEqual(['app-events has 1 partition instead of 4: --add-partitions adds the others.'])
    expect(plan({ existing, keyless, addPartitions: true })).toEqual({
      actions: [{ kind: 'addPartitions', name: 'app-events', from: 1, to: 4 }],
      warnings: [],
      problems: [],
    })
  })

  it('removes no partitions and moves no replicas, but reports the difference as a problem', () => {
    const { actions, problems } = plan({ existing: [{ ...EXISTING, partitions: 8, replicationFactor: 1 }], addPartitions: true })
    expect(actions).toEqual([])
    expect(problems).toEqual([
      'app-events has 1 replica instead of 3: move its partitions with kafka-reassign-partitions.',
      'app-events has 8 partitions instead of 4, and Kafka cannot remove partitions: declare 8, or recreate the topic.',
    ])
  })

  it('deletes undeclared topics with the prefix if the option is set', () => {
    const existing = [EXISTING, { ...EXISTING, name: 'app-old' }, { ...EXISTING, name: 'other' }]
    expect(plan({ existing })).toMatchObject({ actions: [], problems: ['Not declared: app-old. --prune deletes undeclared topics.'] })
    expect(plan({ existing, prune: true })).toEqual({ actions: [{ kind: 'delete', name: 'app-old' }], warnings: [], problems: [] })
  })
})

describe('On a broker', () => {
  let broker: EmbeddedBroker

  beforeEach(async () => {
    broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts() })
  })

  afterEach(() => broker.close())

  it('a plan leaves nothing to do after it has been applied, once or twice', async () => {
    await broker.admin.createTopics([
      { name: 'app-events', partitions: 4, config: { 'retention.ms': '5' } },
      { name: 'app-old', partitions: 1 },
      { name: 'app-letters', partitions: 1 },
      { name: 'other', partitions: 1 },
    ])
    const declared = [EVENTS, { name: 'app-commands', partitions: 4 }, { name: 'app-letters', partitions: 2 }]
    const planNow = async () =>
      plan({
        declared,
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
