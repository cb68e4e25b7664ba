import { afterEach, beforeEach, describe } from 'vitest'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { describeCompaction } from './compaction.contract.ts'
import { describeFencing } from './fencing.contract.ts'
import { describeFetching } from './fetching.contract.ts'
import { describeGroups } from './groups.contract.ts'
import { describeSpentProducers } from './spent-producers.contract.ts'
import { describeTopics } from './topics.contract.ts'
import { describeTransactions } from './transactions.contract.ts'

/** What every adapter and every decorator of the seam must do. Nothing in here knows which one it is. */
export function describeBrokerContract(name: string, open: () => Promise<BrokerUnderTest>): void {
  describe(`the broker contract on ${name}`, () => {
    let under: BrokerUnderTest

    beforeEach(async () => {
      under = await open()
      await under.broker.admin.createTopics([{ name: 'orders', partitions: 2, config: { 'retention.ms': '-1' } }]) // the records here are old
    })
    afterEach(() => under.close())

    describeTransactions(() => under)
    describeFetching(() => under)
    describeGroups(() => under)
    describeFencing(() => under)
    describeSpentProducers(() => under)
    describeCompaction(() => under)
    describeTopics(() => under)
  })
}
