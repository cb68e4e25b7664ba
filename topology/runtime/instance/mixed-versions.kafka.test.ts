import { KafkaBroker } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { systemPorts } from '../../system-ports.ts'
import { describeMixedVersions } from './testing/mixed-versions.contract.ts'

const quiet = (): void => undefined
const ports = systemPorts({ debug: quiet, info: quiet, warn: quiet, error: quiet })

describeMixedVersions('Apache Kafka', {
  open: async () => {
    const broker = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
    return prefixedBroker(broker, `${ports.random.uuid()}-`, async () => undefined)
  },
  sessionTimeoutMs: 6_000,
  settlesInMs: 50_000,
})
