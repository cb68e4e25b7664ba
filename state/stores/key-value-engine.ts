import { afterPrefix, asBuffer, joined, keyText, NO_BYTES, writeDouble } from '../bytes.ts'
import type { ChangelogCursor, ChangeSink } from '../changelog.ts'
import type { CommittedReads, CommittedRow } from '../committed-reads.ts'
import type { StorageBatch } from '../ordered-storage.ts'
import type { Serde } from '../serde.ts'
import type { KeyValueStoreSpec } from '../store-spec.ts'
import type { KeyValueRow, KeyValueStore, ScanOptions, ValueAndTimestamp } from '../store.ts'
import { invalidPut, isTimestamp } from '../timestamp.ts'
import type { EngineContext, StoreEngine } from './engine.ts'
import { ownValue } from './own-values.ts'
import { RowCache } from './row-cache.ts'
import { StoredValues, type StoredValue } from './stored-values.ts'

const TIMESTAMP_BYTES = 8

/** Rows at `prefix | key`; a timestamped store keeps 8 bytes of timestamp in front of the value. */
export class KeyValueEngine<K, V> implements StoreEngine, KeyValueStore<K, V> {
  readonly kind = 'keyValue'
  readonly name: string
  readonly store = this
  readonly committed: CommittedReads
  readonly #context: EngineContext
  readonly #timestamped: boolean
  /** Reused for the timestamp in front of a row's value. */
  readonly #head: Uint8Array
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #cache: RowCache<StoredValue | undefined>
  /** Keys that a restore changes in the storage past the cache, if the cache has rows; undefined if no restore is running. */
  #restored: Uint8Array[] | undefined

  constructor(spec: KeyValueStoreSpec, context: EngineContext) {
    this.name = spec.name
    this.#context = context
    this.#timestamped = spec.timestamped
    this.#head = spec.timestamped ? new Uint8Array(TIMESTAMP_BYTES) : NO_BYTES
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#cache = new RowCache({
      load: (key) => this.#load(key),
      nothing: undefined,
      values: () => new StoredValues(),
      budgetBytes: context.cacheBytes,
      isNew: context.isNew,
    })
    this.committed = {
      get: (key) => committedRow(key, this.#cache.readCommitted(key)),
      scan: async (from, to, options) => {
        const rows: CommittedRow[] = []
        for await (const row of this.#rows(from, to, options, 'committed')) rows.push(row)
        return rows
      },
    }
  }

  async load(): Promise<void> {}

  get(key: K): V | undefined {
    const stored = this.#read(key)
    return stored === undefined ? undefined : ownValue(this.#valueSerde, stored.bytes)
  }

  getWithTimestamp(key: K): ValueAndTimestamp<V> | undefined {
    const stored = this.#read(key)
    return stored === undefined ? undefined : { value: ownValue(this.#valueSerde, stored.bytes), timestamp: stored.timestamp }
  }

  put(key: K, value: V | null | undefined, timestamp = 0): void {
    if (!isTimestamp(timestamp)) throw invalidPut(timestamp, this.name)
    const stored = value === null || value === undefined ? undefined : { bytes: this.#valueSerde.serialize(value), timestamp }
    this.#write(key, stored)
  }

  delete(key: K): V | undefined {
    const stored = this.#read(key)
    if (stored === undefined) return undefined
    this.#write(key, undefined)
    return ownValue(this.#valueSerde, stored.bytes)
  }

  async *range(from: K | undefined, to: K | undefined, options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>> {
    const first = from === undefined ? undefined : this.#keySerde.serialize(from)
    const last = to === undefined ? undefined : this.#keySerde.serialize(to)
    yield* this.#typed(this.#rows(first, last && justAfter(last), options, 'current'))
  }

  all(options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>> {
    return this.#typed(this.#rows(undefined, undefined, options, 'current'))
  }

  prefixScan(prefix: Uint8Array, options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>> {
    return this.#typed(this.#rows(prefix, afterPrefix(prefix), options, 'current'))
  }

  get dirtyRows(): number {
    return this.#cache.dirtyRows
  }

  collectChanges(sink: ChangeSink, batch: StorageBatch): void {
    this.#cache.forEachDirty((key, current) => {
      const value = current?.bytes ?? null
      const timestamp = current?.timestamp ?? 0
      sink.change(this.name, key, value, timestamp)
      this.#putRow(batch, key, value, timestamp)
    })
  }

  commit(): void {
    this.#cache.commit()
  }

  written(): undefined {
    this.#cache.written()
    if (this.#restored !== undefined) this.#cache.reload(this.#restored)
    this.#restored = undefined
  }

  abort(): void {
    this.#cache.abort()
  }

  restore(records: ChangelogCursor, batch: StorageBatch): void {
    const restored = (this.#restored ??= [])
    const isCached = !this.#cache.isEmpty
    while (records.next()) {
      const { key } = records
      if (isCached) restored.push(key)
      this.#putRow(batch, key, records.value, records.timestamp)
    }
  }

  #read(key: K): StoredValue | undefined {
    return this.#cache.read(this.#keySerde.serialize(key))
  }

  #write(key: K, value: StoredValue | undefined): void {
    const keyBytes = this.#keySerde.serialize(key)
    this.#context.check(keyBytes, value?.bytes ?? null, value?.timestamp ?? 0)
    this.#cache.write(keyBytes, value)
  }

  #load(key: Uint8Array): StoredValue | undefined {
    const stored = this.#context.storage.get(joined(this.#context.prefix, key))
    return stored === undefined ? undefined : this.#decode(stored)
  }

  #decode(stored: Uint8Array): StoredValue {
    if (!this.#timestamped) return { bytes: stored, timestamp: 0 }
    return { bytes: stored.subarray(TIMESTAMP_BYTES), timestamp: asBuffer(stored).readDoubleBE(0) }
  }

  #putRow(batch: StorageBatch, key: Uint8Array, value: Uint8Array | null, timestamp: number): void {
    const { prefix } = this.#context
    if (value === null) return batch.delete(key, prefix)
    if (this.#timestamped) writeDouble(this.#head, timestamp, 0)
    batch.put(key, value, prefix, this.#head)
  }

  async *#typed(rows: AsyncIterable<CommittedRow>): AsyncIterable<KeyValueRow<K, V>> {
    for await (const { key, value, timestamp } of rows) {
      yield { key: this.#keySerde.deserialize(key), value: ownValue(this.#valueSerde, value), timestamp }
    }
  }

  /** Rows of the storage merged with newer rows in memory, as of the first step of the iteration; `to` is exclusive. */
  async *#rows(
    from: Uint8Array | undefined,
    to: Uint8Array | undefined,
    options: ScanOptions | undefined,
    view: 'current' | 'committed',
  ): AsyncIterable<CommittedRow> {
    const { prefix, storage } = this.#context
    const overlay = new Map<string, CommittedRow | undefined>()
    const low = from === undefined ? '' : keyText(from)
    const high = to === undefined ? undefined : keyText(to)
    for (const row of this.#cache.aheadOfStorage()) {
      const text = keyText(row.key)
      if (text >= low && (high === undefined || text < high)) overlay.set(text, committedRow(row.key, row[view]))
    }
    const sorted = [...overlay.keys()].sort()
    if (options?.reverse) sorted.reverse()
    const ahead = options?.reverse ? (a: string, b: string): boolean => a > b : (a: string, b: string): boolean => a < b
    let remaining = options?.limit ?? Infinity
    let next = 0
    const range = {
      gte: joined(prefix, from ?? Buffer.alloc(0)),
      lt: to === undefined ? (afterPrefix(prefix) ?? Buffer.alloc(0)) : joined(prefix, to),
      reverse: options?.reverse ?? false,
    }
    if (remaining <= 0) return
    for await (const stored of storage.scan(range)) {
      const key = stored.key.subarray(prefix.length)
      const text = keyText(key)
      for (let waiting = sorted[next]; waiting !== undefined && ahead(waiting, text); waiting = sorted[++next]) {
        const row = overlay.get(waiting)
        if (row === undefined) continue
        yield row
        if (--remaining <= 0) return
      }
      if (sorted[next] === text) continue
      const { bytes, timestamp } = this.#decode(stored.value)
      yield { key, value: bytes, timestamp }
      if (--remaining <= 0) return
    }
    for (; next < sorted.length && remaining > 0; next++) {
      const row = overlay.get(sorted[next] ?? '')
      if (row === undefined) continue
      yield row
      remaining--
    }
  }
}

function committedRow(key: Uint8Array, value: StoredValue | undefined): CommittedRow | undefined {
  return value === undefined ? undefined : { key, value: value.bytes, timestamp: value.timestamp }
}

function justAfter(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}
