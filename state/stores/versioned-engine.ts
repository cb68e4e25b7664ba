import { asBuffer, joined } from '../bytes.ts'
import { NO_CHANGELOG, type ChangelogCursor, type ChangelogRecord, type ChangeSink } from '../changelog.ts'
import type { CommittedReads, CommittedRow } from '../committed-reads.ts'
import type { StorageBatch } from '../ordered-storage.ts'
import type { Serde } from '../serde.ts'
import type { VersionedStoreSpec } from '../store-spec.ts'
import type { VersionedKeyValueStore, VersionedPutResult, VersionedRecord } from '../store.ts'
import { invalidPut, isTimestamp } from '../timestamp.ts'
import type { EngineContext, StoreEngine } from './engine.ts'
import { ObjectValues } from './object-values.ts'
import { ownValue } from './own-values.ts'
import { RowCache } from './row-cache.ts'
import { blockKey } from './segment-key.ts'
import { History, spanAt, type Span } from './version-history.ts'

/** A key's latest value, if it has one, and the segments that hold its history. */
interface Latest {
  readonly value: Uint8Array | null
  readonly timestamp: number
  /** Ascending. A span is in the segment of its end. */
  readonly segments: readonly number[]
}

interface Version {
  readonly value: Uint8Array
  readonly timestamp: number
  readonly validTo?: number
}

type Read = <T>(cache: RowCache<T>, key: Uint8Array) => T

const HEAD = Buffer.of(0)
const LATEST = Buffer.of(1)
const HISTORY = Buffer.of(2)
const NOTHING: Latest = { value: null, timestamp: 0, segments: [] }
const SHORTEST_SEGMENT_MS = 60_000
const SEGMENTS_PER_HISTORY = 1000
const CURRENT: Read = (cache, key) => cache.read(key)
const COMMITTED: Read = (cache, key) => cache.readCommitted(key)

/**
 * Kafka's rules for versioned stores (KIP-889): a put in the past ends the version that was valid then, a put older than the history is
 * rejected, and a deletion at the latest version's own timestamp removes it without a trace.
 */
export class VersionedEngine<K, V> implements StoreEngine, VersionedKeyValueStore<K, V> {
  readonly kind = 'versioned'
  readonly name: string
  readonly historyMs: number
  readonly store = this
  readonly committed: CommittedReads
  readonly #context: EngineContext
  readonly #latestPrefix: Buffer
  readonly #historyPrefix: Buffer
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #segmentMs: number
  readonly #latest: RowCache<Latest>
  readonly #history: RowCache<History>
  #changes: ChangelogRecord[] = []
  #observed = -1
  #committedObserved = -1

  constructor(spec: VersionedStoreSpec, context: EngineContext) {
    this.name = spec.name
    this.historyMs = spec.historyMs
    this.#context = context
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#segmentMs = Math.max(SHORTEST_SEGMENT_MS, Math.ceil(spec.historyMs / SEGMENTS_PER_HISTORY))
    const { prefix, storage } = context
    const latestPrefix = (this.#latestPrefix = joined(prefix, LATEST))
    const historyPrefix = (this.#historyPrefix = joined(prefix, HISTORY))
    this.#latest = new RowCache({
      load: (key) => {
        const stored = storage.get(joined(latestPrefix, key))
        return stored === undefined ? NOTHING : decodeLatest(stored)
      },
      nothing: NOTHING,
      values: () => new ObjectValues((latest: Latest) => 96 + (latest.value?.length ?? 0) + latest.segments.length * 8),
      budgetBytes: context.cacheBytes / 2,
      isNew: context.isNew,
    })
    this.#history = new RowCache({
      load: (key) => {
        const stored = storage.get(joined(historyPrefix, key))
        return stored === undefined ? History.EMPTY : History.from(stored)
      },
      nothing: History.EMPTY,
      values: () => new ObjectValues(({ sizeInBytes }: History) => 160 + sizeInBytes),
      budgetBytes: context.cacheBytes / 2,
      isNew: context.isNew,
    })
    this.committed = {
      getAsOf: (key, asOf) => row(key, this.#find(key, asOf, COMMITTED, this.#committedObserved)),
      history: (key, from, to) => this.#versions(key, from, to, COMMITTED, this.#committedObserved).map((version) => ({ ...version, key })),
    }
  }

  async load(): Promise<void> {
    const stored = this.#context.storage.get(joined(this.#context.prefix, HEAD))
    if (stored !== undefined) this.#observed = this.#committedObserved = asBuffer(stored).readDoubleBE(0)
  }

  put(key: K, value: V | null | undefined, timestamp: number): VersionedPutResult {
    if (!isTimestamp(timestamp)) throw invalidPut(timestamp, this.name)
    const keyBytes = this.#keySerde.serialize(key)
    const valueBytes = value === null || value === undefined ? null : this.#valueSerde.serialize(value)
    this.#context.check(keyBytes, valueBytes, timestamp)
    this.#changes.push({ key: Buffer.from(keyBytes), value: valueBytes, timestamp })
    return this.#put(keyBytes, valueBytes, timestamp)
  }

  get(key: K): VersionedRecord<V> | undefined {
    return this.#typed(this.#find(this.#keySerde.serialize(key), undefined, CURRENT, this.#observed))
  }

  getAsOf(key: K, asOf: number): VersionedRecord<V> | undefined {
    return this.#typed(this.#find(this.#keySerde.serialize(key), asOf, CURRENT, this.#observed))
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    if (timestamp < this.#observed - this.historyMs) return undefined
    const existing = this.getAsOf(key, timestamp)
    this.put(key, null, timestamp)
    return existing
  }

  history(key: K, from: number, to: number): readonly VersionedRecord<V>[] {
    return this.#versions(this.#keySerde.serialize(key), from, to, CURRENT, this.#observed).map((version) => ({
      ...version,
      value: ownValue(this.#valueSerde, version.value),
    }))
  }

  get dirtyRows(): number {
    return this.#changes.length
  }

  /** Every put becomes a record, not only the last per key, because the history is restored from the changelog. */
  collectChanges(sink: ChangeSink, batch: StorageBatch): void {
    for (const { key, value, timestamp } of this.#changes) sink.change(this.name, key, value, timestamp)
    this.#latest.forEachDirty((key, current) => batch.put(key, encodeLatest(current), this.#latestPrefix))
    this.#history.forEachDirty((key, current) => {
      if (current.isEmpty) batch.delete(key, this.#historyPrefix)
      else batch.put(key, current.bytes, this.#historyPrefix)
    })
    if (this.#observed !== this.#committedObserved) {
      const head = Buffer.allocUnsafe(8)
      head.writeDoubleBE(this.#observed)
      batch.put(HEAD, head, this.#context.prefix)
    }
  }

  commit(): void {
    this.#latest.commit()
    this.#history.commit()
    this.#committedObserved = this.#observed
    this.#changes = []
  }

  written(): undefined {
    this.#latest.written()
    this.#history.written()
  }

  abort(): void {
    this.#latest.abort()
    this.#history.abort()
    this.#observed = this.#committedObserved
    this.#changes = []
  }

  restore(records: ChangelogCursor, batch: StorageBatch): void {
    while (records.next()) this.#put(records.key, records.value, records.timestamp)
    this.collectChanges(NO_CHANGELOG, batch)
    this.commit()
  }

  #put(key: Uint8Array, value: Uint8Array | null, timestamp: number): VersionedPutResult {
    if (timestamp < this.#observed - this.historyMs) return { stored: false }
    this.#observed = Math.max(this.#observed, timestamp)
    const latest = this.#latest.read(key)
    if (latest.value !== null && timestamp >= latest.timestamp) {
      const segments =
        timestamp > latest.timestamp
          ? this.#addSpan(key, latest.segments, { from: latest.timestamp, to: timestamp, value: latest.value })
          : latest.segments
      this.#latest.write(key, { value, timestamp, segments })
      return { stored: true, validTo: 'latest' }
    }
    let next = latest.value === null ? undefined : latest.timestamp
    for (const segment of latest.segments.toReversed()) {
      const at = blockKey(segment, key)
      const spans = this.#history.read(at).spans()
      const first = spans[0]
      const last = spans.at(-1)
      if (first === undefined || last === undefined) continue
      if (last.to <= timestamp) break
      const covering = spanAt(spans, timestamp)
      if (covering !== undefined) {
        this.#split(key, latest, segment, covering, value, timestamp)
        return { stored: true, validTo: covering.to }
      }
      if (first.from <= timestamp) {
        next = spans.find((span) => span.from > timestamp)?.from ?? next
        break
      }
      if (first.from < this.#observed - this.historyMs) return { stored: false }
      next = first.from
    }
    if (next === undefined) {
      this.#latest.write(
        key,
        value === null ? { ...latest, segments: this.#addTombstone(key, latest, timestamp) } : { ...latest, value, timestamp },
      )
      return { stored: true, validTo: 'latest' }
    }
    const segments = this.#addSpan(key, latest.segments, { from: timestamp, to: next, value })
    this.#latest.write(key, { ...latest, segments })
    return { stored: true, validTo: next }
  }

  /** Ends the covering span at the timestamp and starts another with the value; each is in the segment of its end. */
  #split(key: Uint8Array, latest: Latest, segment: number, covering: Span, value: Uint8Array | null, timestamp: number): void {
    const at = blockKey(segment, key)
    const without = this.#history
      .read(at)
      .spans()
      .filter((span) => span.from !== covering.from || span.to !== covering.to)
    this.#history.write(at, History.of(without).with({ from: timestamp, to: covering.to, value }))
    if (covering.from === timestamp) return
    const segments = this.#addSpan(key, latest.segments, { ...covering, to: timestamp })
    this.#latest.write(key, { ...latest, segments })
  }

  /**
   * A deletion with no later version: from the end of the segment's last span up to the deletion there is no value. A later put in between
   * must end at the deletion, so an otherwise empty segment keeps the deletion as a span of length 0.
   */
  #addTombstone(key: Uint8Array, { segments }: Latest, timestamp: number): readonly number[] {
    const segment = Math.floor(timestamp / this.#segmentMs)
    const last = this.#history.read(blockKey(segment, key))
    if (last.end === timestamp) return segments
    return this.#addSpan(key, segments, { from: last.isEmpty ? timestamp : last.end, to: timestamp, value: null })
  }

  /** Returns the key's segments, including the span's own and without those in which every span has expired. */
  #addSpan(key: Uint8Array, segments: readonly number[], span: Span): readonly number[] {
    const own = Math.floor(span.to / this.#segmentMs)
    const at = blockKey(own, key)
    this.#history.write(at, this.#history.read(at).with(span))
    const oldest = Math.floor((this.#observed - this.historyMs) / this.#segmentMs)
    const live = segments.filter((segment) => {
      if (segment >= oldest || segment === own) return true
      this.#history.write(blockKey(segment, key), History.EMPTY)
      return false
    })
    return live.includes(own) ? live : [...live, own].sort((a, b) => a - b)
  }

  #find(key: Uint8Array, asOf: number | undefined, read: Read, observed: number): Version | undefined {
    const latest = read(this.#latest, key)
    if (latest.value !== null && (asOf === undefined || latest.timestamp <= asOf))
      return { value: latest.value, timestamp: latest.timestamp }
    if (asOf === undefined || asOf < observed - this.historyMs) return undefined
    for (const segment of latest.segments) {
      const span = read(this.#history, blockKey(segment, key)).at(asOf)
      if (span !== undefined) return version(span)
    }
    return undefined
  }

  #versions(key: Uint8Array, from: number, to: number, read: Read, observed: number): Version[] {
    const latest = read(this.#latest, key)
    const spans =
      to < observed - this.historyMs ? [] : latest.segments.flatMap((segment) => read(this.#history, blockKey(segment, key)).spans())
    const found = spans.filter((span) => span.from <= to && span.to > from).map(version)
    if (latest.value !== null && latest.timestamp <= to) found.push({ value: latest.value, timestamp: latest.timestamp })
    return found.filter((candidate) => candidate !== undefined).sort((a, b) => b.timestamp - a.timestamp)
  }

  #typed(found: Version | undefined): VersionedRecord<V> | undefined {
    return found === undefined ? undefined : { ...found, value: ownValue(this.#valueSerde, found.value) }
  }
}

function version(span: Span): Version | undefined {
  return span.value === null ? undefined : { value: span.value, timestamp: span.from, validTo: span.to }
}

function row(key: Uint8Array, found: Version | undefined): CommittedRow | undefined {
  return found === undefined ? undefined : { ...found, key }
}

function encodeLatest(latest: Latest): Buffer {
  const bytes = Buffer.allocUnsafe(16 + latest.segments.length * 8 + (latest.value?.length ?? 0))
  bytes.writeDoubleBE(latest.timestamp, 0)
  bytes.writeUInt32BE(latest.segments.length, 8)
  bytes.writeUInt32BE(latest.value === null ? 0 : 1, 12)
  latest.segments.forEach((segment, at) => bytes.writeDoubleBE(segment, 16 + at * 8))
  if (latest.value !== null) bytes.set(latest.value, 16 + latest.segments.length * 8)
  return bytes
}

function decodeLatest(stored: Uint8Array): Latest {
  const bytes = asBuffer(stored)
  const count = bytes.readUInt32BE(8)
  const value = bytes.readUInt32BE(12) === 0 ? null : bytes.subarray(16 + count * 8)
  return { timestamp: bytes.readDoubleBE(0), value, segments: Array.from({ length: count }, (_, at) => bytes.readDoubleBE(16 + at * 8)) }
}
