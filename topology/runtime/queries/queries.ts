import type { CommittedRow, KeyValueRow, ScanOptions, Serde, StoreSpec, VersionedRecord, WindowRow } from '../../../state/index.ts'
import { partitionOf } from '../../broker/index.ts'
import type { Query } from './messages.ts'
import type { QueryOptions, QueryRouter } from './query-router.ts'

export interface StoreOptions<K> {
  /** The bytes of the record key that determines the partition, where that is not the store's own key. */
  readonly partitionBy?: (key: K) => Uint8Array
}

export interface RangeOptions extends ScanOptions, QueryOptions {
  /** Only the partition of this record key (its bytes); default: all partitions, merged in key order. */
  readonly partitionKey?: Uint8Array
}

export interface KeyValueQueries<K, V> {
  get(key: K, options?: QueryOptions): Promise<KeyValueRow<K, V> | undefined>
  /** Both ends are inclusive. */
  range(from: K | undefined, to: K | undefined, options?: RangeOptions): Promise<readonly KeyValueRow<K, V>[]>
  all(options?: RangeOptions): Promise<readonly KeyValueRow<K, V>[]>
  /** Rows whose serialized key starts with these bytes. */
  prefixScan(prefix: Uint8Array, options?: RangeOptions): Promise<readonly KeyValueRow<K, V>[]>
}

export interface WindowQueries<K, V> {
  /** Rows of the key with from ≤ start ≤ to, ascending by start. */
  fetchRange(key: K, from: number, to: number, options?: QueryOptions): Promise<readonly WindowRow<K, V>[]>
  /** Rows of all keys, ascending by start, then by key. */
  fetchAll(from: number, to: number, options?: RangeOptions): Promise<readonly WindowRow<K, V>[]>
}

export interface VersionedQueries<K, V> {
  get(key: K, options?: QueryOptions): Promise<VersionedRecord<V> | undefined>
  getAsOf(key: K, asOf: number, options?: QueryOptions): Promise<VersionedRecord<V> | undefined>
  /** Versions valid anywhere in from ≤ t ≤ to, newest first. */
  history(key: K, from: number, to: number, options?: QueryOptions): Promise<readonly VersionedRecord<V>[]>
}

/**
 * Interactive queries: every instance answers for the whole application. Only committed state is read. Throws `RangeError` for a store that does not
 * exist or is of another kind, `NotAvailableError` when no instance can answer for its task in time.
 *
 *     const balance = await streams.queries.keyValue<string, bigint>('balances').get('DE89…')
 */
export class Queries {
  readonly #router: QueryRouter

  constructor(router: QueryRouter) {
    this.#router = router
  }

  keyValue<K, V>(name: string, options: StoreOptions<K> = {}): KeyValueQueries<K, V> {
    const store = new StoreQueries<K, V>(this.#router, name, 'keyValue', options)
    const scan = (from: Uint8Array | undefined, to: Uint8Array | undefined, range: RangeOptions | undefined) =>
      store.everywhere({ kind: 'scan', from, to, ...boundsOf(range) }, range, byKey)
    return {
      get: async (key, query) => store.first(await store.atKey(key, { kind: 'get', key: store.bytesOf(key) }, query)),
      range: async (from, to, range) =>
        store.rows(await scan(from === undefined ? undefined : store.bytesOf(from), store.after(to), range)),
      all: async (range) => store.rows(await scan(undefined, undefined, range)),
      prefixScan: async (prefix, range) => store.rows(await scan(prefix, afterPrefix(prefix), range)),
    }
  }

  window<K, V>(name: string, options: StoreOptions<K> = {}): WindowQueries<K, V> {
    const store = new StoreQueries<K, V>(this.#router, name, 'window', options)
    return {
      fetchRange: async (key, from, to, query) =>
        store.windows(await store.atKey(key, { kind: 'fetchRange', key: store.bytesOf(key), from, to }, query)),
      fetchAll: async (from, to, range) =>
        store.windows(await store.everywhere({ kind: 'fetchAll', from, to, ...boundsOf(range) }, range, byStart)),
    }
  }

  versioned<K, V>(name: string, options: StoreOptions<K> = {}): VersionedQueries<K, V> {
    const store = new StoreQueries<K, V>(this.#router, name, 'versioned', options)
    const asOf = async (key: K, time: number | undefined, query: QueryOptions | undefined) =>
      store.versions(await store.atKey(key, { kind: 'getAsOf', key: store.bytesOf(key), asOf: time }, query))[0]
    return {
      get: (key, query) => asOf(key, undefined, query),
      getAsOf: (key, time, query) => asOf(key, time, query),
      history: async (key, from, to, query) =>
        store.versions(await store.atKey(key, { kind: 'history', key: store.bytesOf(key), from, to }, query)),
    }
  }
}

/** Queries of one store: serializes keys, chooses partitions, deserializes rows. */
class StoreQueries<K, V> {
  readonly #router: QueryRouter
  readonly #name: string
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #options: StoreOptions<K>

  constructor(router: QueryRouter, name: string, kind: StoreSpec['kind'], options: StoreOptions<K>) {
    const spec = router.specOf(name)
    if (spec.kind !== kind) throw new RangeError(`Store "${name}" is of kind ${spec.kind}, not ${kind}`)
    this.#router = router
    this.#name = name
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#options = options
  }

  bytesOf(key: K): Uint8Array {
    return this.#keySerde.serialize(key)
  }

  /** The smallest bytes after the key. */
  after(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : Buffer.concat([this.bytesOf(key), Buffer.of(0)])
  }

  atKey(key: K, query: Query, options: QueryOptions | undefined): Promise<readonly CommittedRow[]> {
    return this.#ask(this.#partitionOf(this.#options.partitionBy?.(key) ?? this.bytesOf(key)), query, options)
  }

  /** Queries all partitions, or that of the given partition key, and merges their rows. */
  async everywhere(query: Query, options: RangeOptions | undefined, order: RowOrder): Promise<readonly CommittedRow[]> {
    if (options?.partitionKey !== undefined) return this.#ask(this.#partitionOf(options.partitionKey), query, options)
    const partitions = Array.from({ length: this.#router.partitionsOf(this.#name) }, (_, partition) => partition)
    const rows = (await Promise.all(partitions.map((partition) => this.#ask(partition, query, options)))).flat()
    rows.sort(options?.reverse ? (a, b) => order(b, a) : order)
    return rows.slice(0, options?.limit)
  }

  first(rows: readonly CommittedRow[]): KeyValueRow<K, V> | undefined {
    return this.rows(rows)[0]
  }

  rows(rows: readonly CommittedRow[]): readonly KeyValueRow<K, V>[] {
    return rows.map(({ key, value, timestamp }) => ({
      key: this.#keySerde.deserialize(key),
      value: this.#valueSerde.deserialize(value),
      timestamp,
    }))
  }

  windows(rows: readonly CommittedRow[]): readonly WindowRow<K, V>[] {
    return this.rows(rows).map((row, index) => ({ ...row, start: rows[index]?.start ?? 0 }))
  }

  versions(rows: readonly CommittedRow[]): readonly VersionedRecord<V>[] {
    return rows.map(({ value, timestamp, validTo }) => ({
      value: this.#valueSerde.deserialize(value),
      timestamp,
      ...(validTo === undefined ? {} : { validTo }),
    }))
  }

  #ask(partition: number, query: Query, options: QueryOptions | undefined): Promise<readonly CommittedRow[]> {
    return this.#router.ask(this.#name, partition, query, options)
  }

  #partitionOf(key: Uint8Array): number {
    return partitionOf(key, this.#router.partitionsOf(this.#name))
  }
}

type RowOrder = (a: CommittedRow, b: CommittedRow) => number

const byKey: RowOrder = (a, b) => Buffer.compare(a.key, b.key)
const byStart: RowOrder = (a, b) => (a.start ?? 0) - (b.start ?? 0) || Buffer.compare(a.key, b.key)

function boundsOf(options: RangeOptions | undefined): { reverse?: boolean; limit?: number } {
  const { reverse, limit } = options ?? {}
  return { ...(reverse !== undefined && { reverse }), ...(limit !== undefined && { limit }) }
}

/** The smallest bytes after all that start with the prefix; undefined when there are none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const end = Buffer.from(prefix)
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] ?? 0
    if (byte === 0xff) continue
    end[index] = byte + 1
    return end.subarray(0, index + 1)
  }
  return undefined
}
