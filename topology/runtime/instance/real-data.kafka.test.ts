import { describe } from 'vitest'
import { KafkaBroker } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { describeRealData } from '../testing/real-data.contract.ts'

describe('Real data on Kafka', { timeout: 60_000 }, () => {
  describeRealData(
    async (ports) => {
      const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
      return prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
    },
    { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
  )
})
