import type { AlertRaised, TransactionRow } from '../../schemas/index.ts'
import type { Broker, Ports } from '../../topology/index.ts'
import type { FeedFormat, FeedFormats } from '../ports/bank-messages.ts'
import type { TransferDetails } from '../ports/bank-reader.ts'
import { TopicTail } from '../topic-tail.ts'
import { Channel } from './channel.ts'

export interface EventHubOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly formats: FeedFormats
}

/** Rows and transfers reach the projections' stores a little after their topics; for so long they are told to newcomers too. */
const KEPT_ROWS = 2_048
/** Alerts are in no store: a subscriber begins with those of the last day. */
const KEPT_ALERTS = 1_000
const ALERTS_SINCE_MS = 24 * 3_600_000
/** What came just before this process began may not be in the stores either. */
const OVERLAP_MS = 10_000

/** Follows what the bank publishes, once for this process, and tells every subscriber. */
export class EventHub {
  readonly transactions: Channel<TransactionRow>
  readonly transfers: Channel<TransferDetails>
  readonly alerts: Channel<AlertRaised>
  #tail: TopicTail | undefined

  private constructor({ transactions, transfers, alerts }: FeedFormats) {
    this.transactions = channelOf(transactions, KEPT_ROWS)
    this.transfers = channelOf(transfers, KEPT_ROWS)
    this.alerts = channelOf(alerts, KEPT_ALERTS)
  }

  /** Resolves when the alerts of the last day are known and everything published from then on will be told. */
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
