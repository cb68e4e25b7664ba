import { KafkaBroker } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { systemPorts } from '../../system-ports.ts'
import { silentLogger } from '../../testing/silent-logger.ts'
import { describeStalls } from '../testing/stalls.contract.ts'

describeStalls('Apache Kafka', {
  openBroker: async () => {
    const ports = systemPorts(silentLogger)
    const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
    return prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
  },
  times: { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
})
