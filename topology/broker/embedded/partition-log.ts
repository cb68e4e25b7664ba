import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import { BatchReader, InvalidBatchError, placeBatch } from '../record-batch/index.ts'
import { FatalBrokerError, OffsetOutOfRangeError } from '../errors.ts'
import type { BatchCache } from './batch-cache.ts'
import { BATCH, BATCH_ENTRY, batchRow, packNumbers, partitionRow, unpackNumber } from './keys.ts'

/** What is known of a batch without reading it. Times are milliseconds since the epoch, `appendedAt` by the broker's clock. */
export interface LogEntry {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  sizeInBytes: number
  readonly appendedAt: number
  /** The batch itself while it is in the cache. */
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
 * One partition: a list of its batches in memory, the batches in storage, the newest of them cached. Appending reserves
 * offsets at once and shows the records when they are on disk (`publish`).
 */
export class PartitionLog {
  readonly name: string
  readonly #storage: OrderedStorage
  readonly #cache: BatchCache
  readonly #topic: number
  readonly #partition: number
  readonly #onGrown: (log: PartitionLog) => void
  readonly #waiting = new Set<() => void>()
  #entries: LogEntry[] = []
  #reserved = 0
  #end = 0
  #start = 0
  #reservedStart = 0
  /** Bytes written since the cleaner has been here. */
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
  ) {
    this.name = name
    this.#onGrown = onGrown
    this.#topic = topic
    this.#partition = partition
    this.#storage = storage
    this.#cache = cache
  }

  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** First offset that can be read. */
  get startOffset(): number {
    return this.#start
  }

  /** Behind the last committed record and its marker: high watermark and last stable offset in one. */
  get endOffset(): number {
    return this.#end
  }

  /* ------------------------------------------------------------------------------------------ writing */

  /** Places the batches behind all reserved ones and adds their rows. `gap` offsets stay empty behind them. */
  reserve(batches: readonly SealedBatch[], gap: number, appendedAt: number, operations: StorageOperation[]): LogEntry[] {
    const entries = batches.map(({ bytes, recordCount, maxTimestamp }) => {
      const baseOffset = this.#reserved
      placeBatch(bytes, baseOffset)
      this.#reserved += recordCount
      const entry: LogEntry = {
        baseOffset,
        lastOffset: this.#reserved - 1,
        maxTimestamp,
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

  /** Rows to write for a new log start; `dropBefore` then makes it so. */
  dropRows(offset: number, operations: StorageOperation[]): void {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= offset) break
      this.#removeRows(entry, operations)
    }
    this.#reservedStart = Math.max(this.#reservedStart, offset)
    operations.push(this.boundsRow())
  }

  dropBefore(offset: number): void {
    const keep = this.#entries.findIndex((entry) => entry.lastOffset >= offset)
    const dropped = this.#entries.splice(0, keep < 0 ? this.#entries.length : keep)
    for (const entry of dropped) this.#forget(entry)
    this.#start = Math.max(this.#start, offset)
  }

  /** Rows for batches that the cleaner made smaller, or (without bytes) takes away; `rewrite` then makes it so. */
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

  /** Whether the batch is still part of the log, also after the changes on their way to the disk. */
  holds(entry: LogEntry): boolean {
    return !this.deleted && entry.lastOffset >= this.#reservedStart
  }

  /* ------------------------------------------------------------------------------------------ reading */

  /** Whether a fetch from here has something to bring. */
  hasBeyond(offset: number): boolean {
    return offset !== this.#end
  }

  /** Whole batches from the offset on, up to `maxBytes` but at least one. Throws `OffsetOutOfRangeError`. */
  read(offset: number, maxBytes: number): LogRead {
    if (offset < this.#start || offset > this.#end) {
      throw new OffsetOutOfRangeError(`Offset ${offset} of ${this.name} is not in the log: it has ${this.#start} to ${this.#end}.`)
    }
    const batches: BatchReader[] = []
    let sizeInBytes = 0
    let at = this.#indexOf(offset)
    for (; at < this.#entries.length; at++) {
      const entry = this.#entries[at]
      if (entry === undefined || (sizeInBytes > 0 && sizeInBytes + entry.sizeInBytes > maxBytes)) break
      sizeInBytes += entry.sizeInBytes
      batches.push(this.readBatch(entry))
    }
    const last = batches.at(-1)
    const nextOffset = at >= this.#entries.length ? this.#end : last === undefined ? offset : last.lastOffset + 1
    return { batches, nextOffset, sizeInBytes }
  }

  readBatch(entry: LogEntry): BatchReader {
    try {
      const stored = entry.bytes ?? this.#storage.get(batchRow(BATCH, this.#topic, this.#partition, entry.baseOffset))
      if (stored === undefined) throw new InvalidBatchError(`The batch at offset ${entry.baseOffset} is gone.`)
      return new BatchReader(Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.length))
    } catch (cause) {
      throw new FatalBrokerError(
        `The broker's data of ${this.name} is damaged at offset ${entry.baseOffset}. Put a copy of the data directory back.`,
        {
          cause,
        },
      )
    }
  }

  /** First offset with a timestamp at or after this one; the end when there is none. */
  offsetAt(timestampMs: number): number {
    for (const entry of this.#entries) {
      if (entry.maxTimestamp < timestampMs) continue
      const batch = this.readBatch(entry)
      while (batch.next()) if (batch.timestamp >= timestampMs && batch.offset >= this.#start) return batch.offset
    }
    return this.#end
  }

  /** Calls back once something is published; the answer ends the wait. */
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
        `The broker's data of ${this.name} contradicts itself at offset ${entry.baseOffset}. Put a copy of the data directory back.`,
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
