import { OffsetOutOfRangeError } from '../topology/index.ts'
import type { Broker, Fetcher, FetchedPartition, Header, PartitionOffset, Ports, RecordBatch, TopicPartition } from '../topology/index.ts'

export interface TopicTailOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly sources: readonly TailSource[]
  /** Key and value are views that stay valid as long as somebody holds them. A record that makes this throw is passed over. */
  onRecord(topic: string, key: Uint8Array | null, value: Uint8Array | null): void
  /** Before a record is passed over. Rejecting brings the same record again. */
  onUnreadable?(record: UnreadableRecord): Promise<void>
}

/** A record that `onRecord` threw at, and what it threw, in words. */
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
  /** Default: all of them. */
  readonly partitions?: readonly number[]
  /** A moment: everything since then. A group: from where it stands, or the first record there is. */
  readonly from: 'earliest' | 'latest' | { readonly timestampMs: number } | { readonly groupId: string }
}

interface Position extends TopicPartition {
  offset: number
}

const FETCH_WAIT_MS = 10_000
const RETRY_MS = 200

/**
 * Follows topics outside of any group: this process sees every committed record, from where it chose to begin. Waiting costs nothing;
 * a broker that cannot be reached is asked again until it can.
 */
export class TopicTail {
  readonly #options: TopicTailOptions
  readonly #fetcher: Fetcher
  readonly #positions: readonly Position[]
  readonly #done: Promise<void>
  #waiting: { readonly ends: readonly PartitionOffset[]; resolve(): void }[] = []
  #closed = false

  private constructor(options: TopicTailOptions, positions: readonly Position[]) {
    this.#options = options
    this.#fetcher = options.broker.openFetcher()
    this.#positions = positions
    this.#done = this.#follow()
  }

  /** Where it begins is settled when this resolves: records written from then on are seen. Throws when a topic does not exist. */
  static async open(options: TopicTailOptions): Promise<TopicTail> {
    const { admin } = options.broker
    const described = await admin.describeTopics(options.sources.map(({ topic }) => topic))
    const positions: Position[] = []
    for (const { topic, partitions, from } of options.sources) {
      const count = described.find(({ name }) => name === topic)?.partitions
      if (count === undefined) throw new Error(`The topic "${topic}" does not exist: create the bank's topics first.`)
      const all = (partitions ?? Array.from({ length: count }, (_, partition) => partition)).map((partition) => ({ topic, partition }))
      positions.push(...(await startsOf(options.broker, all, from)))
    }
    return new TopicTail(options, positions)
  }

  /** Resolves when everything that is there now has been handed on, or nothing will be any more. */
  async catchUp(): Promise<void> {
    const ends = await this.#options.broker.admin.listOffsets(this.#positions, 'latest')
    await new Promise<void>((resolve) => {
      this.#waiting.push({ ends, resolve })
      this.#look()
    })
  }

  /** Up to where everything has been handed on. */
  get positions(): readonly PartitionOffset[] {
    return this.#positions
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#fetcher.wakeup()
    await this.#done
    this.#look()
    await this.#fetcher.close()
  }

  async #follow(): Promise<void> {
    const { timers, logger } = this.#options.ports
    while (!this.#closed) {
      try {
        for (const fetched of await this.#fetcher.fetch(this.#positions, { maxWaitMs: FETCH_WAIT_MS })) await this.#handOn(fetched)
        this.#look()
      } catch (error) {
        if (this.#closed) return
        logger.warn('topics cannot be followed, trying again', { error: String(error) })
        if (error instanceof OffsetOutOfRangeError) await this.#skipToStart()
        await timers.sleep(RETRY_MS)
      }
    }
  }

  async #handOn({ topic, partition, batches, nextOffset }: FetchedPartition): Promise<void> {
    const position = this.#positions.find((one) => one.topic === topic && one.partition === partition)
    if (position === undefined) return
    for (const batch of batches) {
      while (batch.next()) {
        if (batch.offset < position.offset) continue
        const { key, value } = batch
        let error = this.#tell(topic, key, value)
        while (error !== undefined && 'ready' in error) {
          await error.ready
          error = this.#tell(topic, key, value)
        }
        if (error !== undefined) await this.#passOver(position, batch, error.message)
        position.offset = batch.offset + 1
      }
    }
    position.offset = nextOffset
  }

  /** Answers with what went wrong; `ready` is what to wait for when the record cannot be read yet. */
  #tell(topic: string, key: Uint8Array | null, value: Uint8Array | null): Error | undefined {
    try {
      this.#options.onRecord(topic, key, value)
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #passOver({ topic, partition }: TopicPartition, batch: RecordBatch, reason: string): Promise<void> {
    const { onUnreadable, ports } = this.#options
    const { offset, key, value, timestamp, headers } = batch
    ports.logger.warn('a record was passed over', { topic, partition, offset, reason })
    await onUnreadable?.({ origin: { topic, partition, offset }, reason, key, value, timestamp, headers })
  }

  /** Retention was faster than this process: what is gone is gone. */
  async #skipToStart(): Promise<void> {
    for (const start of await this.#options.broker.admin.listOffsets(this.#positions, 'earliest')) {
      const position = this.#positions.find(({ topic, partition }) => topic === start.topic && partition === start.partition)
      if (position !== undefined) position.offset = Math.max(position.offset, start.offset)
    }
  }

  #look(): void {
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
