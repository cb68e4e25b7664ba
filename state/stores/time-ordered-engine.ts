import { afterPrefix, asBuffer, keyText } from '../bytes.ts'
import type { ChangelogCursor, ChangeSink } from '../changelog.ts'
import type { CommittedReads } from '../committed-reads.ts'
import type { StorageBatch } from '../ordered-storage.ts'
import type { Serde } from '../serde.ts'
import type { TimeOrderedBufferSpec } from '../store-spec.ts'
import type { TimeOrderedBuffer, WindowRow } from '../store.ts'
import { invalidPut, invalidStart, isTimestamp } from '../timestamp.ts'
import type { EngineContext, StoreEngine } from './engine.ts'
import { ownValue } from './own-values.ts'
import { segmentBytes, readSegment } from './segment-key.ts'

interface BufferedRow {
  /** time (8 bytes, ordered) | key | sequence (4 bytes): the row's key in the changelog and the storage. */
  readonly rowKey: Buffer
  /** Orders the rows: by time, then key, then sequence. */
  readonly text: string
  readonly value: Uint8Array
  readonly timestamp: number
}

const TIME_BYTES = 8
const SEQUENCE_BYTES = 4
/** Sorts after the text of every sequence. */
const AFTER_SEQUENCES = '\xff'.repeat(SEQUENCE_BYTES + 1)

/** Keeps all rows in memory, in order; the storage holds a copy for the next start. */
export class TimeOrderedEngine<K, V> implements StoreEngine, TimeOrderedBuffer<K, V> {
  readonly kind = 'timeOrdered'
  readonly name: string
  readonly store = this
  readonly committed: CommittedReads = {}
  readonly #context: EngineContext
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #retainDuplicates: boolean
  readonly #rows: BufferedRow[] = []
  /** Rows changed since the last commit, as they were then; `row` is undefined if there was none. */
  readonly #committedRows = new Map<string, { readonly rowKey: Buffer; readonly row: BufferedRow | undefined }>()
  #bytes = 0

  constructor(spec: TimeOrderedBufferSpec, context: EngineContext) {
    this.name = spec.name
    this.#context = context
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#retainDuplicates = spec.retainDuplicates
  }

  async load(): Promise<void> {
    const { prefix, storage } = this.#context
    for await (const stored of storage.scan({ gte: prefix, lt: afterPrefix(prefix) ?? prefix })) {
      const rowKey = Buffer.from(stored.key.subarray(prefix.length))
      const timestamp = asBuffer(stored.value).readDoubleBE(0)
      this.#set(rowKey, { value: stored.value.subarray(8), timestamp })
    }
  }

  get size(): number {
    return this.#rows.length
  }

  get sizeInBytes(): number {
    return this.#bytes
  }

  put(time: number, key: K, value: V, timestamp: number): void {
    if (!Number.isSafeInteger(time)) throw invalidStart(time, `A put into store ${this.name}`)
    if (!isTimestamp(timestamp)) throw invalidPut(timestamp, this.name)
    const keyBytes = this.#keySerde.serialize(key)
    const sequence = this.#retainDuplicates ? this.#nextSequence(time, keyBytes) : 0
    const rowKey = rowKeyOf(time, keyBytes, sequence)
    const bytes = this.#valueSerde.serialize(value)
    this.#context.check(rowKey, bytes, timestamp)
    this.#change(rowKey, { value: bytes, timestamp })
  }

  get(time: number, key: K): V | undefined {
    const row = this.#rows[this.#firstIndexOf(time, this.#keySerde.serialize(key))]
    return row === undefined ? undefined : ownValue(this.#valueSerde, row.value)
  }

  delete(time: number, key: K): void {
    const keyBytes = this.#keySerde.serialize(key)
    for (;;) {
      const row = this.#rows[this.#firstIndexOf(time, keyBytes)]
      if (row === undefined) return
      this.#change(row.rowKey, undefined)
    }
  }

  first(): WindowRow<K, V> | undefined {
    const row = this.#rows[0]
    return row === undefined ? undefined : this.#typed(row)
  }

  *rows(): Iterable<WindowRow<K, V>> {
    for (let at = 0; at < this.#rows.length;) {
      const row = this.#rows[at]
      if (row === undefined) return
      yield this.#typed(row)
      if (this.#rows[at] === row) at++
    }
  }

  drain(time: number): readonly WindowRow<K, V>[] {
    let count = 0
    while (count < this.#rows.length && timeOf(this.#rows[count]) <= time) count++
    const drained = this.#rows.slice(0, count)
    for (const row of drained) this.#keepCommitted(row.rowKey, row.text, row)
    this.#rows.splice(0, count)
    for (const row of drained) this.#bytes -= sizeOf(row)
    return drained.map((row) => this.#typed(row))
  }

  get dirtyRows(): number {
    return this.#committedRows.size
  }

  collectChanges(sink: ChangeSink, batch: StorageBatch): void {
    for (const [text, { rowKey }] of this.#committedRows) {
      const row = this.#rowOf(text)
      sink.change(this.name, rowKey, row?.value ?? null, row?.timestamp ?? 0)
      this.#putRow(batch, rowKey, row)
    }
  }

  commit(): void {
    this.#committedRows.clear()
  }

  written(): undefined {}

  abort(): void {
    for (const { rowKey, row } of [...this.#committedRows.values()]) this.#set(rowKey, row)
    this.#committedRows.clear()
  }

  restore(records: ChangelogCursor, batch: StorageBatch): void {
    while (records.next()) {
      const { key, value, timestamp } = records
      const rowKey = Buffer.from(key)
      this.#set(rowKey, value === null ? undefined : { value: Buffer.from(value), timestamp })
      this.#putRow(batch, rowKey, this.#rowOf(orderText(rowKey)))
    }
  }

  #change(rowKey: Buffer, row: { readonly value: Uint8Array; readonly timestamp: number } | undefined): void {
    const text = orderText(rowKey)
    this.#keepCommitted(rowKey, text, this.#rowOf(text))
    this.#set(rowKey, row)
  }

  #keepCommitted(rowKey: Buffer, text: string, row: BufferedRow | undefined): void {
    if (!this.#committedRows.has(text)) this.#committedRows.set(text, { rowKey, row })
  }

  #set(rowKey: Buffer, row: { readonly value: Uint8Array; readonly timestamp: number } | undefined): void {
    const text = orderText(rowKey)
    const at = this.#position(text)
    const current = this.#rows[at]
    const replaces = current?.text === text
    if (replaces && current !== undefined) this.#bytes -= sizeOf(current)
    if (row === undefined) {
      if (replaces) this.#rows.splice(at, 1)
      return
    }
    const added = { rowKey, text, value: row.value, timestamp: row.timestamp }
    this.#rows.splice(at, replaces ? 1 : 0, added)
    this.#bytes += sizeOf(added)
  }

  #rowOf(text: string): BufferedRow | undefined {
    const row = this.#rows[this.#position(text)]
    return row?.text === text ? row : undefined
  }

  /** Index of the first row of that time and key, or −1. */
  #firstIndexOf(time: number, key: Uint8Array): number {
    const prefix = orderPrefix(segmentBytes(time), key)
    const at = this.#position(prefix)
    return this.#rows[at]?.text.startsWith(prefix) ? at : -1
  }

  /** The sequence after the last row of that time and key. */
  #nextSequence(time: number, key: Uint8Array): number {
    const prefix = orderPrefix(segmentBytes(time), key)
    const last = this.#rows[this.#position(`${prefix}${AFTER_SEQUENCES}`) - 1]
    return last?.text.startsWith(prefix) ? last.rowKey.readUInt32BE(last.rowKey.length - SEQUENCE_BYTES) + 1 : 0
  }

  #position(text: string): number {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#rows[middle]?.text ?? '') < text) low = middle + 1
      else high = middle
    }
    return low
  }

  #putRow(batch: StorageBatch, rowKey: Uint8Array, row: BufferedRow | undefined): void {
    const { prefix } = this.#context
    if (row === undefined) return batch.delete(rowKey, prefix)
    const timestamp = Buffer.allocUnsafe(8)
    timestamp.writeDoubleBE(row.timestamp)
    batch.put(rowKey, row.value, prefix, timestamp)
  }

  #typed(row: BufferedRow): WindowRow<K, V> {
    const key = this.#keySerde.deserialize(row.rowKey.subarray(TIME_BYTES, row.rowKey.length - SEQUENCE_BYTES))
    return { key, start: timeOf(row), value: ownValue(this.#valueSerde, row.value), timestamp: row.timestamp }
  }
}

/**
 * A key may be a prefix of another key, and a sequence follows it. So zero bytes in the key are escaped and two zero bytes terminate it:
 * texts then sort like the keys, and no key's text is a prefix of another's.
 */
function orderPrefix(time: Uint8Array, key: Uint8Array): string {
  return `${keyText(time)}${keyText(key).replaceAll('\0', '\0\xff')}\0\0`
}

function orderText(rowKey: Buffer): string {
  const end = rowKey.length - SEQUENCE_BYTES
  return orderPrefix(rowKey.subarray(0, TIME_BYTES), rowKey.subarray(TIME_BYTES, end)) + keyText(rowKey.subarray(end))
}

function rowKeyOf(time: number, key: Uint8Array, sequence: number): Buffer {
  const tail = Buffer.allocUnsafe(SEQUENCE_BYTES)
  tail.writeUInt32BE(sequence)
  return Buffer.concat([segmentBytes(time), key, tail])
}

function timeOf(row: BufferedRow | undefined): number {
  return row === undefined ? Infinity : readSegment(row.rowKey, 0)
}

function sizeOf(row: BufferedRow): number {
  return row.rowKey.length + row.value.length
}
