import type { Ports } from '../../ports.ts'
import type { Admin, Broker, Fetcher, GroupCoordinator, Producer, ProducerOptions } from '../broker.ts'
import { KafkaCluster } from './cluster.ts'
import type { SocketFactory } from './connection.ts'
import { GroupMembers } from './group-members.ts'
import { KafkaAccess } from './kafka-access.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaFetcher } from './kafka-fetcher.ts'
import { KafkaGroups } from './kafka-groups.ts'
import { KafkaPlainProducer } from './plain-producer.ts'
import { KafkaTransactionalProducer } from './transactional-producer.ts'

export interface KafkaBrokerOptions {
  /** `host:port` of some brokers; the others are learned of. */
  readonly addresses: readonly string[]
  readonly ports: Ports
  /** Shown in the brokers' logs. Default `bob`. */
  readonly clientId?: string
  /** TLS and SASL, as kafkajs takes them. */
  readonly ssl?: unknown
  readonly sasl?: unknown
  /** Makes the sockets, as kafkajs takes it: for a way through a proxy or a tunnel. */
  readonly socketFactory?: SocketFactory
  /** How long a request is tried again while no broker can answer it, milliseconds. Default 30 s. */
  readonly retryTimeoutMs?: number
}

const PATIENCE_MS = 30_000
/** Longer than any commit takes, and short enough that a lost instance does not hold up readers for long. */
const TRANSACTION_TIMEOUT_MS = 60_000

/** Apache Kafka behind the seam: connections and authentication are kafkajs's, everything above them is here. */
export class KafkaBroker implements Broker {
  readonly admin: Admin
  readonly groups: GroupCoordinator
  /** Beyond the seam: only Kafka has users. */
  readonly access: KafkaAccess
  readonly #cluster: KafkaCluster
  readonly #members = new GroupMembers()

  private constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
    this.admin = new KafkaAdmin(cluster)
    this.groups = new KafkaGroups(cluster, this.#members)
    this.access = new KafkaAccess(cluster)
  }

  /** Throws `RetriableBrokerError` when no broker answers, `FatalBrokerError` when they refuse this client. */
  static async open(options: KafkaBrokerOptions): Promise<KafkaBroker> {
    const cluster = new KafkaCluster({ clientId: 'bob', retryTimeoutMs: PATIENCE_MS, ...options })
    try {
      await cluster.metadata([])
      return new KafkaBroker(cluster)
    } catch (error) {
      cluster.close()
      throw error
    }
  }

  openFetcher(): Fetcher {
    return new KafkaFetcher(this.#cluster)
  }

  async openProducer({ transactionalId, transactionTimeoutMs }: ProducerOptions): Promise<Producer> {
    if (transactionalId === undefined) return new KafkaPlainProducer(this.#cluster, this.#members)
    return KafkaTransactionalProducer.open({
      cluster: this.#cluster,
      members: this.#members,
      transactionalId,
      timeoutMs: transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS,
    })
  }

  async close(): Promise<void> {
    this.#cluster.close()
  }
}
