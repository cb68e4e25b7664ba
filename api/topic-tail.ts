import { OffsetOutOfRangeError, UnreadableBatchError } from '../topology/index.ts'
import type { Broker, Fetcher, FetchedPartition, Header, PartitionOffset, Ports, RecordBatch, TopicPartition } from '../topology/index.ts'

export interface TopicTailOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly sources: readonly TailSource[]
  /**
   * Key and value are views that stay valid after the call. A record at which this throws is skipped, unless the error has a promise
   * `ready`: then the record is delivered again once it resolves.
   */
  onRecord(topic: string, key: Uint8Array | null, value: Uint8Array | null): void
  /** Called before a record is skipped. If it rejects, the record is delivered again. */
  onUnreadable?(record: UnreadableRecord): Promise<void>
}

/** A record at which `onRecord` threw, and the error's message. */
export interface UnreadableRecord {
  readonly origin: PartitionOffset
  readonly reason: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

export interface TailSource {
  readonly topic: string
  /** Default: all partitions. */
  readonly partitions?: readonly number[]
  /** A timestamp: the first record since then. A group: its committed offset, or the first record if it has none. */
  readonly from: 'earliest' | 'latest' | { readonly timestampMs: number } | { readonly groupId: string }
}

interface Position extends TopicPartition {
  offset: number
}

const FETCH_WAIT_MS = 10_000
const RETRY_MS = 200
/** A batch that could not be read is tried again after so long. */
const UNREADABLE_RETRY_MS = 10_000

/**
 * Follows topics without a consumer group: delivers every committed record from a chosen start. An idle tail costs one long poll; it
 * retries until an unreachable broker is back.
 */
export class TopicTail {
  readonly #options: TopicTailOptions
  readonly #fetcher: Fetcher
  readonly #positions: readonly Position[]
  readonly #done: Promise<void>
  /** Partitions that wait at a batch that cannot be read. */
  readonly #waits = new Map<Position, { readonly offset: number; readonly retryAt: number }>()
  #waiting: { readonly ends: readonly PartitionOffset[]; resolve(): void }[] = []
  #closed = false

  private constructor(options: TopicTailOptions, positions: readonly Position[]) {
    this.#options = options
    this.#fetcher = options.broker.openFetcher()
    this.#positions = positions
    this.#done = this.#follow()
  }

  /** The start offsets are fixed when this resolves: records written later are delivered. Throws when a topic does not exist. */
  static async open(options: TopicTailOptions): Promise<TopicTail> {
    const { admin } = options.broker
    const described = await admin.describeTopics(
      options.sources.map(({ topic }) => topic),
      { withoutConfig: true },
    )
    const positions: Position[] = []
    for (const { topic, partitions, from } of options.sources) {
      const count = described.find(({ name }) => name === topic)?.partitions
      if (count === undefined) throw new Error(`Cannot follow topic "${topic}": it does not exist. Create the bank's topics first.`)
      const all = (partitions ?? Array.from({ length: count }, (_, partition) => partition)).map((partition) => ({ topic, partition }))
      positions.push(...(await startsOf(options.broker, all, from)))
    }
    return new TopicTail(options, positions)
  }

  /** Resolves when every record stored before the call has been delivered, or when the tail is closed. */
  async catchUp(): Promise<void> {
    const ends = await this.#options.broker.admin.listOffsets(this.#positions, 'latest')
    await new Promise<void>((resolve) => {
      this.#waiting.push({ ends, resolve })
      this.#resolveCaughtUp()
    })
  }

  /** The next offset of each partition: all records before it have been delivered. */
  get positions(): readonly PartitionOffset[] {
    return this.#positions
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#fetcher.wakeup()
    await this.#done
    this.#resolveCaughtUp()
    await this.#fetcher.close()
  }

  async #follow(): Promise<void> {
    const { clock, timers, logger } = this.#options.ports
    while (!this.#closed) {
      try {
        const positions = this.#positions.filter((position) => clock.monotonic() >= (this.#waits.get(position)?.retryAt ?? -Infinity))
        if (positions.length === 0) await timers.sleep(RETRY_MS)
        else for (const fetched of await this.#fetcher.fetch(positions, { maxWaitMs: FETCH_WAIT_MS })) await this.#deliverAll(fetched)
        this.#resolveCaughtUp()
      } catch (error) {
        if (this.#closed) return
        logger.warn('topics could not be fetched: retrying', { error: String(error) })
        if (error instanceof OffsetOutOfRangeError) await this.#skipToStart()
        await timers.sleep(RETRY_MS)
      }
    }
  }

  async #deliverAll({ topic, partition, batches, nextOffset }: FetchedPartition): Promise<void> {
    const position = this.#positions.find((candidate) => candidate.topic === topic && candidate.partition === partition)
    if (position === undefined) return
    try {
      for (const batch of batches) await this.#deliverBatch(topic, position, batch)
      position.offset = nextOffset
      this.#waits.delete(position)
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error
      this.#waitAt(position, error)
    }
  }

  /** The partition is left out for a while; the others go on. Logged once per position. */
  #waitAt(position: Position, error: UnreadableBatchError): void {
    const { clock, logger } = this.#options.ports
    const { topic, partition, offset } = position
    if (this.#waits.get(position)?.offset !== offset)
      logger.error('a batch cannot be read: its partition waits', { topic, partition, error: error.message })
    this.#waits.set(position, { offset, retryAt: clock.monotonic() + UNREADABLE_RETRY_MS })
  }

  async #deliverBatch(topic: string, position: Position, batch: RecordBatch): Promise<void> {
    while (batch.next()) {
      if (batch.offset < position.offset) continue
      const { key, value } = batch
      let error = this.#deliver(topic, key, value)
      while (error !== undefined && 'ready' in error) {
        await error.ready
        error = this.#deliver(topic, key, value)
      }
      if (error !== undefined) await this.#skip(position, batch, error.message)
      position.offset = batch.offset + 1
    }
  }

  /** Returns what `onRecord` threw. */
  #deliver(topic: string, key: Uint8Array | null, value: Uint8Array | null): Error | undefined {
    try {
      this.#options.onRecord(topic, key, value)
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #skip({ topic, partition }: TopicPartition, batch: RecordBatch, reason: string): Promise<void> {
    const { onUnreadable, ports } = this.#options
    const { offset, key, value, timestamp, headers } = batch
    ports.logger.warn('a record that cannot be read was skipped', { topic, partition, offset, reason })
    await onUnreadable?.({ origin: { topic, partition, offset }, reason, key, value, timestamp, headers })
  }

  /** Retention has deleted the records at a position: continue at the first that is left. */
  async #skipToStart(): Promise<void> {
    for (const start of await this.#options.broker.admin.listOffsets(this.#positions, 'earliest')) {
      const position = this.#positions.find(({ topic, partition }) => topic === start.topic && partition === start.partition)
      if (position !== undefined) position.offset = Math.max(position.offset, start.offset)
    }
  }

  #resolveCaughtUp(): void {
    const isReached = ({ topic, partition, offset }: PartitionOffset): boolean =>
      this.#positions.some((position) => position.topic === topic && position.partition === partition && position.offset >= offset)
    for (const { ends, resolve } of this.#waiting) if (this.#closed || ends.every(isReached)) resolve()
    this.#waiting = this.#waiting.filter(({ ends }) => !ends.every(isReached))
  }
}

async function startsOf(
  broker: Broker,
  partitions: readonly TopicPartition[],
  from: TailSource['from'],
): Promise<readonly PartitionOffset[]> {
  if (typeof from === 'string' || 'timestampMs' in from) return broker.admin.listOffsets(partitions, from)
  const firsts = await broker.admin.listOffsets(partitions, 'earliest')
  const committed = await broker.groups.committedOffsets(from.groupId, partitions)
  return firsts.map((first) => {
    const known = committed.find(({ topic, partition }) => topic === first.topic && partition === first.partition)
    return known === undefined || known.offset < first.offset ? first : known
  })
}
