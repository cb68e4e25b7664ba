import { systemPorts } from '../../system-ports.ts'
import { describeBrokerContract } from '../testing/broker.contract.ts'
import { KafkaCluster } from './cluster.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { brokerOfItsOwn } from './testing/broker-of-its-own.ts'
import { kafkaAddresses } from './testing/kafka-addresses.ts'
import { transactionEnded } from './testing/transaction-ended.ts'

/** Long enough for a broker of this machine to do what it is going to do. */
const A_MOMENT_MS = 100

const silence = (): void => undefined
const ports = systemPorts({ debug: silence, info: silence, warn: silence, error: silence })

describeBrokerContract('Apache Kafka', async () => {
  const addresses = kafkaAddresses()
  const broker = await KafkaBroker.open({ addresses, ports })
  const observer = new KafkaCluster({ addresses, clientId: 'observer', ports, retryTimeoutMs: 10_000 })
  return {
    broker: brokerOfItsOwn(broker, `${ports.random.uuid()}-`, (transactionalId) => transactionEnded(observer, transactionalId)),
    advance: (delayMs) => ports.timers.sleep(Math.max(delayMs, A_MOMENT_MS)),
    close: async () => {
      observer.close()
      await broker.close()
    },
  }
})
