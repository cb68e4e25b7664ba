import { asBuffer, joined, keyText } from '../bytes.ts'
import { NO_CHANGELOG, type ChangelogCursor, type ChangelogRecord, type ChangeSink } from '../changelog.ts'
import type { CommittedReads, CommittedRow } from '../committed-reads.ts'
import type { StorageBatch } from '../ordered-storage.ts'
import type { Serde } from '../serde.ts'
import type { WindowStoreSpec } from '../store-spec.ts'
import type { ScanOptions, ValueAndTimestamp, WindowRow, WindowStore } from '../store.ts'
import { invalidPut, invalidStart, isTimestamp } from '../timestamp.ts'
import type { EngineContext, StoreEngine } from './engine.ts'
import { LiveSegments } from './live-segments.ts'
import { ObjectValues } from './object-values.ts'
import { ownValue } from './own-values.ts'
import { RowCache } from './row-cache.ts'
import { blockKey, readSegment, segmentBytes } from './segment-key.ts'
import { blockSize, decodeBlock, encodeBlock, positionOf, withRow, type Block, type BlockRow } from './window-block.ts'

interface Head {
  readonly lastStart: number
  readonly nextSequence: number
  readonly segments: readonly number[]
}

const HEAD = Buffer.of(0)
const BLOCKS = Buffer.of(1)
const EMPTY: Block = []
const SEQUENCES = 0x100000000

/**
 * Time is cut into segments of about a window's size. The rows of one key in one segment form a block, which is one row of the storage
 * (DECISIONS 16). So a search over time is a few point reads, and rows are deleted segment by segment when they expire.
 */
export class WindowEngine<K, V> implements StoreEngine, WindowStore<K, V> {
  readonly kind = 'window'
  readonly name: string
  readonly retentionMs: number
  readonly store = this
  readonly committed: CommittedReads
  readonly #context: EngineContext
  readonly #blockPrefix: Buffer
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<V>
  readonly #segmentMs: number
  readonly #retainDuplicates: boolean
  readonly #keepsEdge: boolean
  readonly #blocks: RowCache<Block>
  readonly #changes = new Map<string, ChangelogRecord>()
  #segments = new LiveSegments()
  #head: Head = { lastStart: -1, nextSequence: 0, segments: [] }
  #lastStart = -1
  #nextSequence = 0
  #expired: readonly number[] = []

  constructor(spec: WindowStoreSpec, context: EngineContext) {
    this.name = spec.name
    this.retentionMs = spec.retentionMs
    this.#context = context
    this.#blockPrefix = joined(context.prefix, BLOCKS)
    this.#keySerde = spec.keySerde as Serde<K>
    this.#valueSerde = spec.valueSerde as Serde<V>
    this.#segmentMs = Math.max(1, spec.windowSizeMs)
    this.#retainDuplicates = spec.retainDuplicates
    this.#keepsEdge = spec.keepsEdge ?? false
    this.#blocks = new RowCache({
      load: (key) => {
        const stored = context.storage.get(joined(this.#blockPrefix, key))
        return stored === undefined ? EMPTY : decodeBlock(stored)
      },
      nothing: EMPTY,
      values: () => new ObjectValues(blockSize),
      budgetBytes: context.cacheBytes,
      isNew: context.isNew,
    })
    this.committed = {
      fetchRange: (key, from, to) =>
        this.#search(key, from, to, this.#head.lastStart, (at) => this.#blocks.readCommitted(at)).map((row) => ({ ...row, key })),
      fetchAll: (from, to, options) => this.#scan(from, to, options, 'committed'),
    }
  }

  get lastStart(): number {
    return this.#lastStart
  }

  async load(): Promise<void> {
    const stored = this.#context.storage.get(joined(this.#context.prefix, HEAD))
    if (stored === undefined) return
    this.#head = JSON.parse(asBuffer(stored).toString('utf8')) as Head
    this.#rewind()
  }

  fetch(key: K, start: number): ValueAndTimestamp<V> | undefined {
    if (this.#isExpired(start, this.#lastStart)) return undefined
    const block = this.#blocks.read(blockKey(this.#segmentOf(start), this.#keySerde.serialize(key)))
    const row = block[positionOf(block, start, 0)]
    if (row === undefined || row.start !== start) return undefined
    return { value: ownValue(this.#valueSerde, row.value), timestamp: row.timestamp }
  }

  fetchRange(key: K, from: number, to: number): readonly WindowRow<K, V>[] {
    const rows = this.#search(this.#keySerde.serialize(key), from, to, this.#lastStart, (at) => this.#blocks.read(at))
    return rows.map(({ start, value, timestamp }) => ({ key, start, value: ownValue(this.#valueSerde, value), timestamp }))
  }

  put(key: K, value: V | null | undefined, start: number, timestamp: number): void {
    if (!Number.isSafeInteger(start)) throw invalidStart(start, `A put into store ${this.name}`)
    if (!isTimestamp(timestamp)) throw invalidPut(timestamp, this.name)
    const isDeletion = value === null || value === undefined
    if (isDeletion && this.#retainDuplicates) return
    this.#lastStart = Math.max(this.#lastStart, start)
    if (this.#isExpired(start, this.#lastStart)) return
    const sequence = this.#nextSequence
    if (this.#retainDuplicates) this.#nextSequence = (sequence + 1) % SEQUENCES
    const keyBytes = this.#keySerde.serialize(key)
    const change = {
      key: changelogKey(keyBytes, start, sequence),
      value: isDeletion ? null : this.#valueSerde.serialize(value),
      timestamp,
    }
    this.#context.check(change.key, change.value, timestamp)
    this.#changes.set(keyText(change.key), change)
    this.#apply(keyBytes, { start, sequence, timestamp, value: change.value })
  }

  async *fetchAll(from: number, to: number, options?: ScanOptions): AsyncIterable<WindowRow<K, V>> {
    for (const { key, start, value, timestamp } of await this.#scan(from, to, options, 'current')) {
      yield { key: this.#keySerde.deserialize(key), start: start ?? 0, value: ownValue(this.#valueSerde, value), timestamp }
    }
  }

  get dirtyRows(): number {
    return this.#changes.size
  }

  collectChanges(sink: ChangeSink, batch: StorageBatch): void {
    for (const { key, value, timestamp } of this.#changes.values()) sink.change(this.name, key, value, timestamp)
    this.#blocks.forEachDirty((key, current) => this.#putBlock(batch, key, current))
    const head = this.#currentHead()
    if (!sameHead(head, this.#head)) batch.put(HEAD, Buffer.from(JSON.stringify(head), 'utf8'), this.#context.prefix)
  }

  commit(): void {
    this.#blocks.commit()
    this.#head = this.#currentHead()
    this.#expired = [...this.#expired, ...this.#segments.dropBefore(this.#firstSegment)]
    this.#changes.clear()
  }

  written(): Promise<void> | undefined {
    this.#blocks.written()
    if (this.#expired.length === 0) return undefined
    const expired = this.#expired
    this.#expired = []
    return this.#clear(expired)
  }

  abort(): void {
    this.#blocks.abort()
    this.#rewind()
    this.#changes.clear()
  }

  restore(records: ChangelogCursor, batch: StorageBatch): void {
    while (records.next()) {
      const { key, value, timestamp } = records
      const bytes = asBuffer(key)
      const start = Number(bytes.readBigInt64BE(bytes.length - 12))
      const sequence = bytes.readUInt32BE(bytes.length - 4)
      this.#lastStart = Math.max(this.#lastStart, start)
      this.#nextSequence = this.#retainDuplicates ? (sequence + 1) % SEQUENCES : 0
      if (this.#isExpired(start, this.#lastStart)) continue
      this.#apply(bytes.subarray(0, bytes.length - 12), { start, sequence, timestamp, value })
    }
    this.collectChanges(NO_CHANGELOG, batch)
    this.commit()
  }

  /** The first segment that may hold rows that have not expired. */
  get #firstSegment(): number {
    return this.#segmentOf(this.#lastStart - this.retentionMs)
  }

  #currentHead(): Head {
    const segments = this.#segments.between(this.#firstSegment, Infinity)
    return { lastStart: this.#lastStart, nextSequence: this.#nextSequence, segments }
  }

  #apply(key: Uint8Array, row: Omit<BlockRow, 'value'> & { readonly value: Uint8Array | null }): void {
    const segment = this.#segmentOf(row.start)
    const at = blockKey(segment, key)
    this.#blocks.write(at, withRow(this.#blocks.read(at), row))
    if (row.value !== null) this.#segments.add(segment)
  }

  #search(key: Uint8Array, from: number, to: number, lastStart: number, read: (at: Uint8Array) => Block): BlockRow[] {
    const found: BlockRow[] = []
    for (const segment of this.#segments.between(this.#segmentOf(from), this.#segmentOf(to))) {
      const block = read(blockKey(segment, key))
      for (let at = positionOf(block, from, 0); at < block.length; at++) {
        const row = block[at]
        if (row === undefined || row.start > to) break
        if (!this.#isExpired(row.start, lastStart)) found.push(row)
      }
    }
    return found
  }

  async #scan(from: number, to: number, options: ScanOptions | undefined, view: 'current' | 'committed'): Promise<CommittedRow[]> {
    const { storage } = this.#context
    const lastStart = view === 'current' ? this.#lastStart : this.#head.lastStart
    const first = this.#segmentOf(from)
    const last = this.#segmentOf(to)
    const overlay = new Map<string, { readonly key: Uint8Array; readonly block: Block }>()
    for (const row of this.#blocks.aheadOfStorage()) {
      const segment = readSegment(row.key, 0)
      if (segment >= first && segment <= last) overlay.set(keyText(row.key), { key: row.key, block: row[view] })
    }
    const live = this.#segments.between(first, last)
    const low = live[0]
    const high = live.at(-1)
    if (low !== undefined && high !== undefined) {
      const range = { gte: joined(this.#blockPrefix, segmentBytes(low)), lt: joined(this.#blockPrefix, segmentBytes(high + 1)) }
      for await (const stored of storage.scan(range)) {
        const key = stored.key.subarray(this.#blockPrefix.length)
        const text = keyText(key)
        if (!overlay.has(text)) overlay.set(text, { key, block: decodeBlock(stored.value) })
      }
    }
    const rows: (CommittedRow & { readonly start: number; readonly sequence: number })[] = []
    for (const { key, block } of overlay.values()) {
      for (const row of block) {
        if (row.start >= from && row.start <= to && !this.#isExpired(row.start, lastStart)) rows.push({ ...row, key: key.subarray(8) })
      }
    }
    rows.sort((a, b) => a.start - b.start || Buffer.compare(a.key, b.key) || a.sequence - b.sequence)
    if (options?.reverse) rows.reverse()
    return options?.limit === undefined ? rows : rows.slice(0, options.limit)
  }

  #putBlock(batch: StorageBatch, key: Uint8Array, block: Block): void {
    if (block.length === 0) batch.delete(key, this.#blockPrefix)
    else batch.put(key, encodeBlock(block), this.#blockPrefix)
  }

  #segmentOf(start: number): number {
    return Math.floor(Math.max(Math.min(start, Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER) / this.#segmentMs)
  }

  async #clear(segments: readonly number[]): Promise<void> {
    const { storage } = this.#context
    for (const segment of segments) {
      await storage.clear({
        gte: joined(this.#blockPrefix, segmentBytes(segment)),
        lt: joined(this.#blockPrefix, segmentBytes(segment + 1)),
      })
    }
  }

  #isExpired(start: number, lastStart: number): boolean {
    return this.#keepsEdge ? start < lastStart - this.retentionMs : start <= lastStart - this.retentionMs
  }

  #rewind(): void {
    this.#lastStart = this.#head.lastStart
    this.#nextSequence = this.#head.nextSequence
    this.#segments = new LiveSegments(this.#head.segments)
  }
}

function changelogKey(key: Uint8Array, start: number, sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + 12)
  bytes.set(key)
  bytes.writeBigInt64BE(BigInt(start), key.length)
  bytes.writeUInt32BE(sequence, key.length + 8)
  return bytes
}

function sameHead(a: Head, b: Head): boolean {
  return (
    a.lastStart === b.lastStart &&
    a.nextSequence === b.nextSequence &&
    a.segments.length === b.segments.length &&
    a.segments.every((segment, at) => segment === b.segments[at])
  )
}
