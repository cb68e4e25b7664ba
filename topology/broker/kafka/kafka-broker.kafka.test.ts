import { systemPorts } from '../../system-ports.ts'
import { describeBrokerContract } from '../testing/broker.contract.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { prefixedBroker } from './testing/prefixed-broker.ts'
import { kafkaAddresses } from './testing/kafka-addresses.ts'
import { transactionEnded } from './testing/transaction-ended.ts'

/** Long enough for a local broker to finish what it is doing. */
const BROKER_WORK_MS = 100

const ignore = (): void => undefined
const ports = systemPorts({ debug: ignore, info: ignore, warn: ignore, error: ignore })

describeBrokerContract('Apache Kafka', async () => {
  const addresses = kafkaAddresses()
  const broker = await KafkaBroker.open({ addresses, ports })
  const observer = new KafkaCluster({ addresses, clientId: 'observer', ports, retryTimeoutMs: 10_000 })
  return {
    broker: prefixedBroker(broker, `${ports.random.uuid()}-`, (transactionalId) => transactionEnded(observer, transactionalId)),
    advance: (delayMs) => ports.timers.sleep(Math.max(delayMs, BROKER_WORK_MS)),
    close: async () => {
      observer.close()
      await broker.close()
    },
  }
})
