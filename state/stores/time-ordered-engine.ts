import { afterPrefix, asBuffer, keyText } from '../bytes.ts'
import type { StorageBatch } from '../ordered-storage.ts'
import type { Serde } from '../serde.ts'
import type { TimeOrderedBuffer, WindowRow } from '../store.ts'
import type { TimeOrderedBufferSpec } from '../store-spec.ts'
import type { ChangelogCursor, ChangeSink } from '../task-state.ts'
import type { CommittedReads, EngineContext, StoreEngine } from './engine.ts'
import { segmentBytes, readSegment } from './segment-key.ts'

interface Waiting {
  /** time (8 bytes, ordered) | key | sequence (4 bytes): the row's key in the changelog and the storage. */
  readonly rowKey: Buffer
  /** Orders the rows: by time, then key, then sequence. */
  readonly text: string
  readonly value: Uint8Array
  readonly timestamp: number
}

const TIME_BYTES = 8
const SEQUENCE_BYTES = 4
/** Behind the text of every sequence. */
const AFTER_SEQUENCES = '\xff'.repeat(SEQUENCE_BYTES + 1)

/** All rows in memory, ascending by their bytes; the storage holds a copy for the next start. */
export class TimeOrderedEngine<K, V> implements StoreEngine, TimeOrderedBuffer<K, V> {
  readonly kind = 'timeOrdered'
  readonly name: string
  readonly store = this
  readonly committed: CommittedReads = {}
  readonly #context: EngineContext
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #retainDuplicates: boolean
  readonly #rows: Waiting[] = []
  /** By row key, what it was at the last commit: undefined when it was not there. */
  readonly #before = new Map<string, { readonly rowKey: Buffer; readonly row: Waiting | undefined }>()
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
    const keyBytes = this.#keySerde.serialize(key)
    const sequence = this.#retainDuplicates ? this.#nextSequence(time, keyBytes) : 0
    this.#change(rowKeyOf(time, keyBytes, sequence), { value: this.#valueSerde.serialize(value), timestamp })
  }

  get(time: number, key: K): V | undefined {
    const row = this.#rows[this.#firstOf(time, this.#keySerde.serialize(key))]
    return row === undefined ? undefined : this.#valueSerde.deserialize(row.value)
  }

  delete(time: number, key: K): void {
    const keyBytes = this.#keySerde.serialize(key)
    for (;;) {
      const row = this.#rows[this.#firstOf(time, keyBytes)]
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
    for (const row of drained) this.#remember(row.rowKey, row.text, row)
    this.#rows.splice(0, count)
    for (const row of drained) this.#bytes -= sizeOf(row)
    return drained.map((row) => this.#typed(row))
  }

  get dirtyRows(): number {
    return this.#before.size
  }

  collectChanges(sink: ChangeSink, batch: StorageBatch): void {
    for (const [text, { rowKey }] of this.#before) {
      const row = this.#rowOf(text)
      sink.change(this.name, rowKey, row?.value ?? null, row?.timestamp ?? 0)
      this.#putRow(batch, rowKey, row)
    }
  }

  commit(): void {
    this.#before.clear()
  }

  written(): undefined {}

  abort(): void {
    for (const { rowKey, row } of [...this.#before.values()]) this.#set(rowKey, row)
    this.#before.clear()
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
    this.#remember(rowKey, text, this.#rowOf(text))
    this.#set(rowKey, row)
  }

  #remember(rowKey: Buffer, text: string, row: Waiting | undefined): void {
    if (!this.#before.has(text)) this.#before.set(text, { rowKey, row })
  }

  #set(rowKey: Buffer, row: { readonly value: Uint8Array; readonly timestamp: number } | undefined): void {
    const text = orderText(rowKey)
    const at = this.#position(text)
    const present = this.#rows[at]
    const replaces = present?.text === text
    if (replaces && present !== undefined) this.#bytes -= sizeOf(present)
    if (row === undefined) {
      if (replaces) this.#rows.splice(at, 1)
      return
    }
    const waiting = { rowKey, text, value: row.value, timestamp: row.timestamp }
    this.#rows.splice(at, replaces ? 1 : 0, waiting)
    this.#bytes += sizeOf(waiting)
  }

  #rowOf(text: string): Waiting | undefined {
    const row = this.#rows[this.#position(text)]
    return row?.text === text ? row : undefined
  }

  /** Index of the first row of that time and key, or −1. */
  #firstOf(time: number, key: Uint8Array): number {
    const prefix = orderPrefix(segmentBytes(time), key)
    const at = this.#position(prefix)
    return this.#rows[at]?.text.startsWith(prefix) ? at : -1
  }

  /** One more than the last one of that time and key. */
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

  #putRow(batch: StorageBatch, rowKey: Uint8Array, row: Waiting | undefined): void {
    const { prefix } = this.#context
    if (row === undefined) return batch.delete(rowKey, prefix)
    const timestamp = Buffer.allocUnsafe(8)
    timestamp.writeDoubleBE(row.timestamp)
    batch.put(rowKey, row.value, prefix, timestamp)
  }

  #typed(row: Waiting): WindowRow<K, V> {
    const key = this.#keySerde.deserialize(row.rowKey.subarray(TIME_BYTES, row.rowKey.length - SEQUENCE_BYTES))
    return { key, start: timeOf(row), value: this.#valueSerde.deserialize(row.value), timestamp: row.timestamp }
  }
}

/**
 * A key may be the beginning of another one, and a sequence follows it: so zero bytes in the key are escaped and two end it. Then
 * texts are ordered as the keys are, and no text of one key begins like those of another.
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

function timeOf(row: Waiting | undefined): number {
  return row === undefined ? Infinity : readSegment(row.rowKey, 0)
}

function sizeOf(row: Waiting): number {
  return row.rowKey.length + row.value.length
}
