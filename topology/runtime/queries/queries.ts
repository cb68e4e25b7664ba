import type { CommittedRow, KeyValueRow, ScanOptions, Serde, StoreSpec, VersionedRecord, WindowRow } from '../../../state/index.ts'
import { partitionOf } from '../../broker/index.ts'
import type { Query } from './messages.ts'
import type { QueryOptions, QueryRouter } from './query-router.ts'

export interface StoreOptions<K> {
  /** The bytes of the record key that decides the partition, where it is not the store's own key. */
  readonly partitionBy?: (key: K) => Uint8Array
}

export interface RangeOptions extends ScanOptions, QueryOptions {
  /** Only the partition of this record key (its bytes); default: all partitions, merged in the order of the keys. */
  readonly partitionKey?: Uint8Array
}

export interface KeyValueQueries<K, V> {
  get(key: K, options?: QueryOptions): Promise<KeyValueRow<K, V> | undefined>
  /** Both ends included. */
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
 * Interactive queries: any instance answers for all of them. Only committed state is read. Throws `RangeError` for a store that
 * is not there or of another kind, `NotAvailableError` when its task is with nobody for too long.
 *
 *     const balance = await streams.queries.keyValue<string, bigint>('balances').get('DE89…')
 */
export class Queries {
  readonly #router: QueryRouter

  constructor(router: QueryRouter) {
    this.#router = router
  }

  keyValue<K, V>(store: string, options: StoreOptions<K> = {}): KeyValueQueries<K, V> {
    const asked = new AskedStore<K, V>(this.#router, store, 'keyValue', options)
    const scan = (from: Uint8Array | undefined, to: Uint8Array | undefined, range: RangeOptions | undefined) =>
      asked.everywhere({ kind: 'scan', from, to, ...boundsOf(range) }, range, byKey)
    return {
      get: async (key, query) => asked.one(await asked.atKey(key, { kind: 'get', key: asked.bytesOf(key) }, query)),
      range: async (from, to, range) =>
        asked.rows(await scan(from === undefined ? undefined : asked.bytesOf(from), asked.after(to), range)),
      all: async (range) => asked.rows(await scan(undefined, undefined, range)),
      prefixScan: async (prefix, range) => asked.rows(await scan(prefix, afterPrefix(prefix), range)),
    }
  }

  window<K, V>(store: string, options: StoreOptions<K> = {}): WindowQueries<K, V> {
    const asked = new AskedStore<K, V>(this.#router, store, 'window', options)
    return {
      fetchRange: async (key, from, to, query) =>
        asked.windows(await asked.atKey(key, { kind: 'fetchRange', key: asked.bytesOf(key), from, to }, query)),
      fetchAll: async (from, to, range) =>
        asked.windows(await asked.everywhere({ kind: 'fetchAll', from, to, ...boundsOf(range) }, range, byStart)),
    }
  }

  versioned<K, V>(store: string, options: StoreOptions<K> = {}): VersionedQueries<K, V> {
    const asked = new AskedStore<K, V>(this.#router, store, 'versioned', options)
    const asOf = async (key: K, time: number | undefined, query: QueryOptions | undefined) =>
      asked.versions(await asked.atKey(key, { kind: 'getAsOf', key: asked.bytesOf(key), asOf: time }, query))[0]
    return {
      get: (key, query) => asOf(key, undefined, query),
      getAsOf: (key, time, query) => asOf(key, time, query),
      history: async (key, from, to, query) =>
        asked.versions(await asked.atKey(key, { kind: 'history', key: asked.bytesOf(key), from, to }, query)),
    }
  }
}

/** One store as its typed view asks it: serializes keys, chooses partitions, reads rows. */
class AskedStore<K, V> {
  readonly #router: QueryRouter
  readonly #store: string
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #options: StoreOptions<K>

  constructor(router: QueryRouter, store: string, kind: StoreSpec['kind'], options: StoreOptions<K>) {
    const spec = router.specOf(store)
    if (spec.kind !== kind) throw new RangeError(`The store "${store}" is of the kind ${spec.kind}, not ${kind}`)
    this.#router = router
    this.#store = store
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#options = options
  }

  bytesOf(key: K): Uint8Array {
    return this.#keySerde.serialize(key)
  }

  /** The first key behind this one. */
  after(key: K | undefined): Uint8Array | undefined {
    return key === undefined ? undefined : Buffer.concat([this.bytesOf(key), Buffer.of(0)])
  }

  atKey(key: K, query: Query, options: QueryOptions | undefined): Promise<readonly CommittedRow[]> {
    return this.#ask(this.#partitionOf(this.#options.partitionBy?.(key) ?? this.bytesOf(key)), query, options)
  }

  /** Asks all partitions, or the one that the options name, and merges what comes back. */
  async everywhere(query: Query, options: RangeOptions | undefined, order: RowOrder): Promise<readonly CommittedRow[]> {
    if (options?.partitionKey !== undefined) return this.#ask(this.#partitionOf(options.partitionKey), query, options)
    const partitions = Array.from({ length: this.#router.partitionsOf(this.#store) }, (_, partition) => partition)
    const rows = (await Promise.all(partitions.map((partition) => this.#ask(partition, query, options)))).flat()
    rows.sort(options?.reverse ? (a, b) => order(b, a) : order)
    return rows.slice(0, options?.limit)
  }

  one(rows: readonly CommittedRow[]): KeyValueRow<K, V> | undefined {
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
    return this.rows(rows).map((row, at) => ({ ...row, start: rows[at]?.start ?? 0 }))
  }

  versions(rows: readonly CommittedRow[]): readonly VersionedRecord<V>[] {
    return rows.map(({ value, timestamp, validTo }) => ({
      value: this.#valueSerde.deserialize(value),
      timestamp,
      ...(validTo === undefined ? {} : { validTo }),
    }))
  }

  #ask(partition: number, query: Query, options: QueryOptions | undefined): Promise<readonly CommittedRow[]> {
    return this.#router.ask(this.#store, partition, query, options)
  }

  #partitionOf(key: Uint8Array): number {
    return partitionOf(key, this.#router.partitionsOf(this.#store))
  }
}

type RowOrder = (a: CommittedRow, b: CommittedRow) => number

const byKey: RowOrder = (a, b) => Buffer.compare(a.key, b.key)
const byStart: RowOrder = (a, b) => (a.start ?? 0) - (b.start ?? 0) || Buffer.compare(a.key, b.key)

function boundsOf(options: RangeOptions | undefined): { reverse?: boolean; limit?: number } {
  const { reverse, limit } = options ?? {}
  return { ...(reverse !== undefined && { reverse }), ...(limit !== undefined && { limit }) }
}

/** The first bytes that do not start with the prefix; undefined: there are none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const end = Buffer.from(prefix)
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0
    if (byte === 0xff) continue
    end[at] = byte + 1
    return end.subarray(0, at + 1)
  }
  return undefined
}
