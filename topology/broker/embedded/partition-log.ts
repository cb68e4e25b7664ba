import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import { BatchReader, placeBatch, stampAppendTime } from '../record-batch/index.ts'
import { FatalBrokerError, OffsetOutOfRangeError } from '../errors.ts'
import type { BatchCache } from './batch-cache.ts'
import { BATCH, BATCH_ENTRY, batchRow, packNumbers, partitionRow, unpackNumber } from './keys.ts'

/** Index entry of a batch. Times are milliseconds since the epoch; `appendedAt` is by the broker's clock. */
export interface LogEntry {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  sizeInBytes: number
  readonly appendedAt: number
  /** The batch, while it is in the cache. */
  bytes: Buffer | undefined
}

export interface SealedBatch {
  readonly bytes: Buffer
  readonly recordCount: number
  readonly maxTimestamp: number
}

export interface LogRead {
  readonly batches: readonly BatchReader[]
  readonly nextOffset: number
  readonly sizeInBytes: number
}

/**
 * The log of one partition: the index of its batches in memory, the batches in the storage, the newest ones cached. `reserve` assigns
 * offsets at once; `publish` makes the records visible once they are on disk.
 */
export class PartitionLog {
  readonly name: string
  readonly #storage: OrderedStorage
  readonly #cache: BatchCache
  readonly #topic: number
  readonly #partition: number
  readonly #onGrown: (log: PartitionLog) => void
  readonly #settings: () => Readonly<Record<string, string>>
  readonly #waiting = new Set<() => void>()
  #entries: LogEntry[] = []
  #reserved = 0
  #end = 0
  #start = 0
  #reservedStart = 0
  /** Bytes appended since the last compaction. */
  dirtyBytes = 0
  sizeInBytes = 0
  deleted = false

  constructor(
    name: string,
    topic: number,
    partition: number,
    storage: OrderedStorage,
    cache: BatchCache,
    onGrown: (log: PartitionLog) => void,
    settings: () => Readonly<Record<string, string>>,
  ) {
    this.name = name
    this.#settings = settings
    this.#onGrown = onGrown
    this.#topic = topic
    this.#partition = partition
    this.#storage = storage
    this.#cache = cache
  }

  /** The topic's settings by their Kafka names, as of now. */
  get settings(): Readonly<Record<string, string>> {
    return this.#settings()
  }

  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#start
  }

  /** High watermark and last stable offset, which are equal, because a transaction is appended only at its commit. */
  get endOffset(): number {
    return this.#end
  }

  /* ------------------------------------------------------------------------------------------ writing */

  /** Assigns the next offsets to the batches and adds their rows. Leaves `gap` offsets unused after them. */
  reserve(batches: readonly SealedBatch[], gap: number, appendedAt: number, operations: StorageOperation[]): LogEntry[] {
    const isAppendTime = this.settings['message.timestamp.type'] === 'LogAppendTime'
    const entries = batches.map(({ bytes, recordCount, maxTimestamp }) => {
      const baseOffset = this.#reserved
      if (isAppendTime) stampAppendTime(bytes, appendedAt)
      placeBatch(bytes, baseOffset)
      this.#reserved += recordCount
      const entry: LogEntry = {
        baseOffset,
        lastOffset: this.#reserved - 1,
        maxTimestamp: isAppendTime ? appendedAt : maxTimestamp,
        sizeInBytes: bytes.length,
        appendedAt,
        bytes,
      }
      this.#putRows(entry, bytes, operations)
      return entry
    })
    this.#reserved += gap
    operations.push(this.boundsRow())
    return entries
  }

  /** Makes reserved batches visible to readers. Call it in the order of `reserve`. */
  publish(entries: readonly LogEntry[], gap: number): void {
    for (const entry of entries) {
      this.#entries.push(entry)
      this.sizeInBytes += entry.sizeInBytes
      this.dirtyBytes += entry.sizeInBytes
      this.#cache.add(entry)
      this.#end = entry.lastOffset + 1
    }
    this.#end += gap
    this.wake()
    this.#onGrown(this)
  }

  /**
   * Adds the operations for a new log start. Call `dropBefore` before they are written: rows leave the storage during the write, and a
   * read meanwhile would miss them. A crash brings them back, whole.
   */
  dropRows(offset: number, operations: StorageOperation[]): void {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= offset) break
      this.#removeRows(entry, operations)
    }
    this.#reservedStart = Math.max(this.#reservedStart, offset)
    operations.push(this.boundsRow())
  }

  dropBefore(offset: number): void {
    const firstKept = this.#entries.findIndex((entry) => entry.lastOffset >= offset)
    const dropped = this.#entries.splice(0, firstKept < 0 ? this.#entries.length : firstKept)
    for (const entry of dropped) this.#forget(entry)
    this.#start = Math.max(this.#start, offset)
  }

  /** Adds the operations for batches that the cleaner shrank or (undefined) removed. As for `dropRows`, call `rewrite` before they are written. */
  rewriteRows(changes: ReadonlyMap<LogEntry, Buffer | undefined>, operations: StorageOperation[]): void {
    for (const [entry, bytes] of changes) {
      if (bytes === undefined) this.#removeRows(entry, operations)
      else this.#putRows({ ...entry, sizeInBytes: bytes.length }, bytes, operations)
    }
  }

  rewrite(changes: ReadonlyMap<LogEntry, Buffer | undefined>): void {
    for (const [entry, bytes] of changes) {
      this.#forget(entry)
      if (bytes === undefined) continue
      entry.sizeInBytes = bytes.length
      this.sizeInBytes += bytes.length
    }
    this.#entries = this.#entries.filter((entry) => !changes.has(entry) || changes.get(entry) !== undefined)
  }

  /** Whether the batch stays in the log, taking pending changes into account. */
  holds(entry: LogEntry): boolean {
    return !this.deleted && entry.lastOffset >= this.#reservedStart
  }

  /* ------------------------------------------------------------------------------------------ reading */

  /** Whether a fetch from this offset returns at once: there are records, or the offset is out of range. */
  hasBeyond(offset: number): boolean {
    return offset !== this.#end
  }

  /** Whole batches from the offset on, up to `maxBytes`, but at least one. Throws `OffsetOutOfRangeError`. */
  read(offset: number, maxBytes: number): LogRead {
    if (offset < this.#start || offset > this.#end) {
      throw new OffsetOutOfRangeError(
        `Cannot fetch ${this.name}@${offset}: the log has offsets ${this.#start} to ${this.#end}. Begin at the earliest or latest offset.`,
      )
    }
    const batches: BatchReader[] = []
    let sizeInBytes = 0
    let index = this.#indexOf(offset)
    for (; index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (entry === undefined || (sizeInBytes > 0 && sizeInBytes + entry.sizeInBytes > maxBytes)) break
      sizeInBytes += entry.sizeInBytes
      batches.push(this.readBatch(entry))
    }
    const last = batches.at(-1)
    const nextOffset = index >= this.#entries.length ? this.#end : last === undefined ? offset : last.lastOffset + 1
    return { batches, nextOffset, sizeInBytes }
  }

  readBatch(entry: LogEntry): BatchReader {
    try {
      const stored = entry.bytes ?? this.#storage.get(batchRow(BATCH, this.#topic, this.#partition, entry.baseOffset))
      if (stored === undefined) throw new RangeError(`The storage has no batch at offset ${entry.baseOffset}.`)
      return new BatchReader(Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.length), this.name)
    } catch (cause) {
      throw new FatalBrokerError(
        `The data of the embedded broker is damaged at ${this.name}@${entry.baseOffset}. Put a copy of the data directory back.`,
        {
          cause,
        },
      )
    }
  }

  /** The first offset with a timestamp at or after this one, or the end. */
  offsetAt(timestampMs: number): number {
    for (const entry of this.#entries) {
      if (entry.maxTimestamp < timestampMs) continue
      const batch = this.readBatch(entry)
      while (batch.next()) if (batch.timestamp >= timestampMs && batch.offset >= this.#start) return batch.offset
    }
    return this.#end
  }

  /** Calls back at each publish until the returned function is called. */
  onPublish(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  wake(): void {
    for (const callback of this.#waiting) callback()
  }

  /* ------------------------------------------------------------------------------------------ opening */

  restoreBounds(value: Uint8Array): void {
    this.#start = this.#reservedStart = unpackNumber(value, 0)
    this.#end = this.#reserved = unpackNumber(value, 1)
  }

  restoreEntry(key: Uint8Array, value: Uint8Array): void {
    const entry: LogEntry = {
      baseOffset: Number(Buffer.from(key).readBigUInt64BE(9)),
      lastOffset: unpackNumber(value, 0),
      maxTimestamp: unpackNumber(value, 1),
      sizeInBytes: unpackNumber(value, 2),
      appendedAt: unpackNumber(value, 3),
      bytes: undefined,
    }
    const before = this.#entries.at(-1)
    if (entry.lastOffset < this.#start) return
    if (entry.lastOffset >= this.#end || (before !== undefined && entry.baseOffset <= before.lastOffset)) {
      throw new FatalBrokerError(
        `The data of the embedded broker is inconsistent at ${this.name}@${entry.baseOffset}. Put a copy of the data directory back.`,
      )
    }
    this.#entries.push(entry)
    this.sizeInBytes += entry.sizeInBytes
    this.dirtyBytes += entry.sizeInBytes
  }

  boundsRow(): StorageOperation {
    return {
      key: partitionRow(this.#topic, this.#partition),
      value: packNumbers(this.#reservedStart, this.#reserved),
    }
  }

  /* ------------------------------------------------------------------------------------------ helpers */

  #indexOf(offset: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.lastOffset ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  #forget(entry: LogEntry): void {
    this.sizeInBytes -= entry.sizeInBytes
    if (entry.bytes !== undefined) this.#cache.remove(entry)
  }

  #putRows(entry: LogEntry, bytes: Buffer, operations: StorageOperation[]): void {
    const { baseOffset, lastOffset, maxTimestamp, sizeInBytes, appendedAt } = entry
    operations.push(
      {
        key: batchRow(BATCH, this.#topic, this.#partition, baseOffset),
        value: bytes,
      },
      {
        key: batchRow(BATCH_ENTRY, this.#topic, this.#partition, baseOffset),
        value: packNumbers(lastOffset, maxTimestamp, sizeInBytes, appendedAt),
      },
    )
  }

  #removeRows(entry: LogEntry, operations: StorageOperation[]): void {
    operations.push(
      {
        key: batchRow(BATCH, this.#topic, this.#partition, entry.baseOffset),
        value: null,
      },
      {
        key: batchRow(BATCH_ENTRY, this.#topic, this.#partition, entry.baseOffset),
        value: null,
      },
    )
  }
}
