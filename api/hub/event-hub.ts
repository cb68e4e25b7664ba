import type { FeedFormat, FeedFormats, NamedTransferView } from '../../processors/index.ts'
import type { AlertRaised, TransactionRow } from '../../schemas/index.ts'
import type { Broker, Ports } from '../../topology/index.ts'
import { TopicTail } from '../topic-tail.ts'
import { Channel } from './channel.ts'

export interface EventHubOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly formats: FeedFormats
}

/** The projections' stores lag a little behind the topics; a new subscriber gets this many of the newest records from memory. */
const KEPT_ROWS = 2_048
/** Alerts are in no store, so that a new subscriber gets the last day's from memory. */
const KEPT_ALERTS = 1_000
const ALERTS_SINCE_MS = 24 * 3_600_000
/** The stores may also lack records from just before this process started. */
const OVERLAP_MS = 10_000

/** Follows the topics that the bank publishes, once per process, for all subscribers. */
export class EventHub {
  readonly transactions: Channel<TransactionRow>
  readonly transfers: Channel<NamedTransferView>
  readonly alerts: Channel<AlertRaised>
  #tail: TopicTail | undefined

  private constructor({ transactions, transfers, alerts }: FeedFormats) {
    this.transactions = channelOf(transactions, KEPT_ROWS)
    this.transfers = channelOf(transfers, KEPT_ROWS)
    this.alerts = channelOf(alerts, KEPT_ALERTS)
  }

  /** Resolves when the last day's alerts have been read. Everything published from then on reaches the subscribers. */
  static async open({ broker, ports, formats }: EventHubOptions): Promise<EventHub> {
    const hub = new EventHub(formats)
    const now = ports.clock.now()
    const channels = new Map<string, { publish(key: Uint8Array, value: Uint8Array): void }>([
      [formats.transactions.topic, hub.transactions],
      [formats.transfers.topic, hub.transfers],
      [formats.alerts.topic, hub.alerts],
    ])
    hub.#tail = await TopicTail.open({
      broker,
      ports,
      sources: [
        { topic: formats.transactions.topic, from: { timestampMs: now - OVERLAP_MS } },
        { topic: formats.transfers.topic, from: { timestampMs: now - OVERLAP_MS } },
        { topic: formats.alerts.topic, from: { timestampMs: now - ALERTS_SINCE_MS } },
      ],
      onRecord: (topic, key, value) => {
        if (key !== null && value !== null) channels.get(topic)?.publish(key, value)
      },
    })
    await hub.#tail.catchUp()
    return hub
  }

  get subscribers(): number {
    return this.transactions.subscribers + this.transfers.subscribers + this.alerts.subscribers
  }

  async close(): Promise<void> {
    await this.#tail?.close()
  }
}

function channelOf<T>(format: FeedFormat<T>, kept: number): Channel<T> {
  return new Channel((value) => format.decode(value), kept)
}
