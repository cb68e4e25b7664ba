import { afterEach, beforeEach, describe } from 'vitest'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { describeCodecs } from './codecs.contract.ts'
import { describeCompaction } from './compaction.contract.ts'
import { describeFencing } from './fencing.contract.ts'
import { describeFetching } from './fetching.contract.ts'
import { describeGroups } from './groups.contract.ts'
import { describeLimits } from './limits.contract.ts'
import { describeSpentProducers } from './spent-producers.contract.ts'
import { describeTopics } from './topics.contract.ts'
import { describeTransactions } from './transactions.contract.ts'

/** The contract that every adapter and decorator of the broker seam fulfils. It does not know which one it tests. */
export function describeBrokerContract(name: string, open: () => Promise<BrokerUnderTest>): void {
  describe(`the broker contract on ${name}`, () => {
    let brokerUnderTest: BrokerUnderTest

    beforeEach(async () => {
      brokerUnderTest = await open()
      // No retention, because records in these tests have old timestamps.
      await brokerUnderTest.broker.admin.createTopics([{ name: 'orders', partitions: 2, config: { 'retention.ms': '-1' } }])
    })
    afterEach(() => brokerUnderTest.close())

    describeTransactions(() => brokerUnderTest)
    describeFetching(() => brokerUnderTest)
    describeGroups(() => brokerUnderTest)
    describeFencing(() => brokerUnderTest)
    describeSpentProducers(() => brokerUnderTest)
    describeCompaction(() => brokerUnderTest)
    describeTopics(() => brokerUnderTest)
    describeLimits(() => brokerUnderTest)
    describeCodecs(() => brokerUnderTest)
  })
}
