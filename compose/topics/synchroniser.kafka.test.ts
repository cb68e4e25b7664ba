import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { bankSubjects } from '../../processors/index.ts'
import { ConfluentRegistry } from '../../schemas/index.ts'
import { KafkaBroker, systemPorts, type Broker } from '../../topology/index.ts'
import { linesOf } from './difference-text.ts'
import { Synchroniser, type SynchroniserOptions } from './synchroniser.ts'

const NAMING = { record: 'bob.commands.MoneyTransfer', 'topic-record': 'bank-transfer-commands-bob.commands.MoneyTransfer' } as const

let broker: Broker
let registry: ConfluentRegistry

beforeEach(async () => {
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports: systemPorts() })
  registry = new ConfluentRegistry({ url: inject('registry') })
  await deleteBankTopics()
})

afterEach(async () => {
  await deleteBankTopics()
  await broker.close()
})

async function deleteBankTopics(): Promise<void> {
  const names = (await broker.admin.describeTopics()).map(({ name }) => name)
  await broker.admin.deleteTopics(names.filter((name) => name.startsWith('bank-')))
}

function synchroniser(options: Partial<SynchroniserOptions> = {}): Synchroniser {
  const subjectsOf = bankSubjects('record')
  return new Synchroniser({
    broker,
    registry,
    subjectsOf,
    partitions: 2,
    replication: 3,
    prune: false,
    addPartitions: false,
    ...options,
  })
}

async function applied(options: Partial<SynchroniserOptions> = {}) {
  const applying = synchroniser(options)
  return applying.apply(await applying.plan())
}

describe('The synchroniser', () => {
  it('creates all topics and schemas of the bank with at most one replica per broker, and then finds no difference', async () => {
    const before = await broker.admin.describeTopics()
    const planned = await synchroniser().plan()
    expect(planned).toMatchObject({ matches: false, problems: [] })
    expect(await broker.admin.describeTopics()).toEqual(before)
    expect(await applied()).toMatchObject({ topics: [], schemas: [], problems: [], matches: true })
    expect(await applied()).toMatchObject({ matches: true })
    const [commands] = await broker.admin.describeTopics(['bank-account-commands'])
    expect(commands).toMatchObject({ partitions: 2, replicationFactor: 1, config: { 'retention.ms': '604800000' } })
  })

  it('repairs a setting, never repartitions a topic with keys, leaves other topics alone, and deletes only with prune', async () => {
    await applied()
    await broker.admin.alterTopic('bank-account-events', { 'retention.ms': '1000' })
    await broker.admin.createTopics([
      { name: 'bank-forgotten', partitions: 1 },
      { name: 'of-others', partitions: 1 },
    ])
    const kept = await applied({ partitions: 4, addPartitions: true })
    expect(kept.matches).toBe(false)
    expect(kept.topics).toEqual([])
    expect(linesOf(kept).join('\n')).toContain('bank-forgotten')
    expect(linesOf(kept).join('\n')).toContain('bank-account-events has 2 partitions instead of 4, and its records have keys')
    expect((await broker.admin.describeTopics(['bank-account-events']))[0]?.config['retention.ms']).toBe('-1')
    expect(await applied({ prune: true })).toMatchObject({ matches: true })
    const names = (await broker.admin.describeTopics()).map(({ name }) => name)
    expect(names).toContain('of-others')
    expect(names).not.toContain('bank-forgotten')
    await broker.admin.deleteTopics(['of-others'])
  })

  it.each(['record', 'topic-record'] as const)('registers schemas under subjects named by %s', async (naming) => {
    const subjectsOf = bankSubjects(naming)
    await applied({ subjectsOf })
    expect((await synchroniser({ subjectsOf }).plan()).schemas).toEqual([])
    const latest = await fetch(`${inject('registry')}/subjects/${NAMING[naming]}/versions/latest`)
    expect(latest.status).toBe(200)
  })
})
