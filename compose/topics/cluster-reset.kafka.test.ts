import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { KafkaBroker, systemPorts, type Broker } from '../../topology/index.ts'
import { APPLICATION } from '../application.ts'
import { bankTopicsIn, BankInUseError, resetCluster } from './cluster-reset.ts'

const TOPICS = ['bank-outcomes', 'bank-accounts-changelog']
const FOREIGN = 'bankrupt'

let broker: Broker

beforeEach(async () => {
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports: systemPorts() })
  await broker.admin.createTopics([...TOPICS, FOREIGN].map((name) => ({ name, partitions: 1 })))
})

afterEach(async () => {
  await broker.admin.deleteTopics([...(await bankTopicsIn(broker)), FOREIGN])
  await broker.close()
})

async function names(): Promise<readonly string[]> {
  return (await broker.admin.describeTopics([...TOPICS, FOREIGN])).map(({ name }) => name).toSorted()
}

describe('A reset of a bank in a cluster', () => {
  it('finds the bank’s topics only, and changes nothing while doing so', async () => {
    expect((await bankTopicsIn(broker)).toSorted()).toEqual(TOPICS.toSorted())
    expect(await names()).toEqual([...TOPICS, FOREIGN].toSorted())
  })

  it('deletes the bank’s topics and the offsets committed for them', async () => {
    await broker.groups.committedOffsets(APPLICATION, [])
    await broker.admin.alterOffsets(APPLICATION, [{ topic: 'bank-outcomes', partition: 0, offset: 7 }])
    await resetCluster(broker, await bankTopicsIn(broker))
    expect(await names()).toEqual([FOREIGN])
    await broker.admin.createTopics([{ name: 'bank-outcomes', partitions: 1 }])
    expect(await broker.groups.committedOffsets(APPLICATION, [{ topic: 'bank-outcomes', partition: 0 }])).toEqual([])
  })

  it('is refused while the group has a member', async () => {
    const metadata = Buffer.alloc(0)
    const protocol = { type: 'test', name: 'plain' }
    const joining = { groupId: APPLICATION, memberId: '', protocol, metadata, sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000 }
    const { memberId, generation } = await broker.groups.join(joining)
    await broker.groups.sync({ groupId: APPLICATION, memberId, generation, assignments: new Map([[memberId, metadata]]) })
    await expect(resetCluster(broker, TOPICS)).rejects.toThrow(BankInUseError)
    expect(await names()).toEqual([...TOPICS, FOREIGN].toSorted())
    await broker.groups.leave(APPLICATION, memberId)
  })
})
