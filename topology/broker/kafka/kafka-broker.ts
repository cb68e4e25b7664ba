import type { Ports } from '../../ports.ts'
import type { Admin, Broker, Fetcher, GroupCoordinator, Producer, ProducerOptions } from '../broker.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { GroupMembers } from './group-members.ts'
import { KafkaAccess } from './kafka-access.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaFetcher } from './kafka-fetcher.ts'
import { KafkaGroups } from './kafka-groups.ts'
import { KafkaPlainProducer } from './plain-producer.ts'
import type { SaslOptions, TlsOptions } from './security.ts'
import type { SocketFactory } from './socket.ts'
import { KafkaTransactionalProducer } from './transactional-producer.ts'

export interface KafkaBrokerOptions {
  /** Bootstrap brokers, `host:port` or `[::1]:9092`; the cluster's metadata names the others. They are asked again when no other one responds. */
  readonly addresses: readonly string[]
  readonly ports: Ports
  /** Appears in the brokers' logs. Default `bob`. */
  readonly clientId?: string
  /** Default: connections without TLS. `{}` uses TLS with the authorities that Node trusts. */
  readonly ssl?: TlsOptions
  /** Default: no authentication, except by a certificate in `ssl`. */
  readonly sasl?: SaslOptions
  /** Creates the TCP sockets, e.g. through a proxy or a tunnel. */
  readonly socketFactory?: SocketFactory
  /** How long a request is retried while no broker can answer it. Milliseconds; default 30 s. */
  readonly retryTimeoutMs?: number
}

const RETRY_TIMEOUT_MS = 30_000
/** Longer than any commit takes, and short enough that a dead instance does not block read-committed readers for long. */
const TRANSACTION_TIMEOUT_MS = 60_000

/** Apache Kafka behind the broker seam. */
export class KafkaBroker implements Broker {
  readonly admin: Admin
  readonly groups: GroupCoordinator
  readonly #groups: KafkaGroups
  /** Not part of the seam, because only Kafka has users. */
  readonly access: KafkaAccess
  readonly #cluster: KafkaCluster
  readonly #members = new GroupMembers()

  private constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
    this.admin = new KafkaAdmin(cluster)
    this.groups = this.#groups = new KafkaGroups(cluster, this.#members)
    this.access = new KafkaAccess(cluster)
  }

  /**
   * Throws `RetriableBrokerError` when no broker is reachable, and `FatalBrokerError` when another attempt would end in the same way: an address
   * cannot be read, a broker rejects the credentials or the TLS handshake, or the cluster is too old.
   */
  static async open(options: KafkaBrokerOptions): Promise<KafkaBroker> {
    const cluster = new KafkaCluster({ clientId: 'bob', retryTimeoutMs: RETRY_TIMEOUT_MS, ...options })
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
      transactionTimeoutMs: transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS,
    })
  }

  async close(): Promise<void> {
    this.#groups.close()
    this.#cluster.close()
  }
}
