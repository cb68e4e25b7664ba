import type { LogRecord } from './committed-records.ts'
import type { LevelRow } from './level-rows.ts'

/**
 * The rows of a store in a normal form, as text by text: the changelog's key, and the value with its timestamp. Rows on disk and rows folded
 * from a changelog are equal in this form if the store matches its changelog.
 */
export type StoreRows = ReadonlyMap<string, string>

/** How a store encodes its rows: one by one (key-value, time-ordered), in blocks of windows, or as versions. */
export type StoreKind = { readonly kind: 'rows' } | { readonly kind: 'window'; readonly keptMs: number } | { readonly kind: 'versioned' }

const DAY_MS = 86_400_000

/** The bank's stores whose rows are not encoded one by one. */
const KINDS: ReadonlyMap<string, StoreKind> = new Map([
  ['turnover-by-minute', { kind: 'window', keptMs: DAY_MS }],
  ['turnover-by-hour', { kind: 'window', keptMs: 400 * DAY_MS }],
  ['transfers-in-flight-left', { kind: 'window', keptMs: 30_000 }],
  ['transfers-in-flight-right', { kind: 'window', keptMs: 30_000 }],
  ['balances', { kind: 'versioned' }],
])

const TIME_BYTES = 8
const WINDOW_SUFFIX = 12
const SEGMENT_BYTES = 8

export function kindOf(store: string): StoreKind {
  return KINDS.get(store) ?? { kind: 'rows' }
}

/** Decodes a store's rows on disk; their keys are without the store's number. */
export function rowsOnDisk(kind: StoreKind, rows: readonly LevelRow[]): StoreRows {
  switch (kind.kind) {
    case 'rows':
      return new Map(rows.map(({ key, value }) => [hex(key), hex(value)]))
    case 'window':
      return kept(
        kind.keptMs,
        rows.flatMap(({ key, value }) => (key[0] === 1 ? windowRows(key.subarray(1 + SEGMENT_BYTES), value) : [])),
      )
    case 'versioned':
      return new Map(
        rows.flatMap(({ key, value }) => {
          if (key[0] === 1) return latestVersion(key.subarray(1), value)
          return key[0] === 2 ? earlierVersions(key.subarray(1 + SEGMENT_BYTES), value) : []
        }),
      )
    default:
      return kind satisfies never
  }
}

/** Folds changelog records, in order. Rows with a timestamp in front of the value are recognised by comparison with `onDisk`. */
export function rowsOfChangelog(kind: StoreKind, records: readonly LogRecord[], onDisk: StoreRows): StoreRows {
  const last = new Map<string, LogRecord>()
  for (const record of records) {
    const key = hex(record.key ?? Buffer.alloc(0))
    const name = kind.kind === 'versioned' ? `${key}@${record.timestamp}` : key
    last.delete(name)
    last.set(name, record)
  }
  const live = [...last].filter(([, { value }]) => value !== null)
  switch (kind.kind) {
    case 'rows':
      return new Map(
        live.map(([key, { value, timestamp }]) => {
          const [plain, timed] = [hex(value), timeHex(timestamp) + hex(value)]
          return [key, onDisk.get(key) === timed ? timed : plain]
        }),
      )
    case 'window':
      return kept(
        kind.keptMs,
        live.map(([key, { value, timestamp }]) => [key, `${timestamp} ${hex(value)}`] as const),
        records.reduce((latest, { key }) => Math.max(latest, startOf(hex(key))), -1),
      )
    case 'versioned':
      return new Map(live.map(([name, { value }]) => [name, hex(value)]))
    default:
      return kind satisfies never
  }
}

/** A block holds the rows of one key, each as start, sequence, timestamp, length and value. */
function windowRows(key: Buffer, block: Buffer): (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = []
  for (let at = 0; at < block.length;) {
    const suffix = Buffer.alloc(WINDOW_SUFFIX)
    suffix.writeBigInt64BE(BigInt(block.readDoubleBE(at)), 0)
    suffix.writeUInt32BE(block.readUInt32BE(at + 8), 8)
    const end = at + 24 + block.readUInt32BE(at + 20)
    rows.push([hex(key) + hex(suffix), `${block.readDoubleBE(at + 12)} ${hex(block.subarray(at + 24, end))}`])
    at = end
  }
  return rows
}

/** Drops expired windows, because a store may or may not have deleted them yet. */
function kept(keptMs: number, rows: readonly (readonly [string, string])[], latest = -1): StoreRows {
  const newest = rows.reduce((newestYet, [key]) => Math.max(newestYet, startOf(key)), latest)
  return new Map(rows.filter(([key]) => startOf(key) > newest - keptMs))
}

function startOf(key: string): number {
  return Number(Buffer.from(key.slice(-2 * WINDOW_SUFFIX), 'hex').readBigInt64BE(0))
}

/** Layout: timestamp, number of segments with earlier versions, 1 if there is a value, the segments, the value. */
function latestVersion(key: Buffer, row: Buffer): (readonly [string, string])[] {
  if (row.readUInt32BE(12) === 0) return []
  return [[`${hex(key)}@${row.readDoubleBE(0)}`, hex(row.subarray(16 + row.readUInt32BE(8) * 8))]]
}

/** Layout, repeated: from, to, length (negative: no value), value. */
function earlierVersions(key: Buffer, block: Buffer): (readonly [string, string])[] {
  const versions: (readonly [string, string])[] = []
  for (let at = 0; at < block.length;) {
    const length = block.readInt32BE(at + 16)
    const end = at + 20 + Math.max(0, length)
    if (length >= 0) versions.push([`${hex(key)}@${block.readDoubleBE(at)}`, hex(block.subarray(at + 20, end))])
    at = end
  }
  return versions
}

function timeHex(timestamp: number): string {
  const bytes = Buffer.alloc(TIME_BYTES)
  bytes.writeDoubleBE(timestamp)
  return hex(bytes)
}

function hex(bytes: Buffer | null): string {
  return bytes?.toString('hex') ?? ''
}
