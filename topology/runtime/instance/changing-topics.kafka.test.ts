import { KafkaBroker } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { systemPorts } from '../../system-ports.ts'
import { describeChangingTopics } from '../testing/changing-topics.contract.ts'

const ports = systemPorts()

describeChangingTopics('Kafka', {
  openBroker: async () => {
    const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
    return prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
  },
  times: { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
})
