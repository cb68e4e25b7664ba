import { KafkaBroker } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { systemPorts } from '../../system-ports.ts'
import { describePeerWatch } from '../testing/peer-watch.contract.ts'

const ports = systemPorts()

describePeerWatch('Apache Kafka', async () => {
  const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
  return prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
})
