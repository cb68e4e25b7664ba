import { ClassicLevel } from 'classic-level'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asBuffer, copyInto, NO_BYTES } from '../bytes.ts'
import { checksum } from '../checksum.ts'
import { StateCorruptedError, StateFormatError, StateUnavailableError, StateWriteError } from '../errors.ts'
import type { OrderedStorage, StorageBatch, StorageRange, StorageRow, WriteOptions } from '../ordered-storage.ts'
import { Scratch } from '../scratch.ts'
import { checkTable, checkTables, checkTablesOutside, tablesIn } from './check-tables.ts'
import { checkClosedFiles, recordClosedFiles } from './closed-files.ts'
import { stateErrorOf } from './level-errors.ts'

export interface LevelStorageOptions {
  readonly directory: string
  /** Size of LevelDB's block cache. Default 8 MiB. */
  readonly cacheBytes?: number
  /** Size of LevelDB's write buffer, which becomes a table when it is full. Default 4 MiB. */
  readonly writeBufferBytes?: number
  /**
   * For data that cannot be restored from elsewhere: a log that changed since an orderly close counts as damage, not as the trace of a
   * crash. Costs one read of the log when opening and one when closing. Default false.
   */
  readonly isOnlyCopy?: boolean
  /** Most of a large database, to be verified after opening instead of before. Default: all is verified before. */
  readonly bulk?: Bulk
}

/** Rows that are verified in the background once the database is open, so that opening does not take longer with their number. */
export interface Bulk {
  readonly ranges: readonly StorageRange[]
  /** Awaited before each table, so that the check takes its time. `failures`: how often in succession the table could not be read. */
  pause(failures: number): Promise<void>
  /** Called once when a table is found to be damaged. The database stays open. */
  onDamage(error: StateCorruptedError): void
  /** How many tables of all have been looked at before opening. */
  onTable(checked: number, tables: number): void
}

const FORMAT_FILE = 'FORMAT'
const FORMAT = 'bob-storage 2\n'
const SCAN_ROWS = 1000
/** In front of each value (DECISIONS 8). */
const CHECKSUM_BYTES = 4

/**
 * Opens or creates a LevelDB in the directory. LevelDB itself opens empty if its `CURRENT` is lost, and returns flipped bytes. So a
 * directory used before must still hold a database, its tables are checked first, and each value carries a checksum over key and value.
 * Throws `StateLockedError`, `StateUnavailableError`, `StateCorruptedError`, `StateFormatError`.
 */
export async function openLevelStorage(options: LevelStorageOptions): Promise<OrderedStorage> {
  try {
    return await open(options)
  } catch (error) {
    throw stateErrorOf(options.directory, error)
  }
}

async function open(options: LevelStorageOptions): Promise<OrderedStorage> {
  const { directory, isOnlyCopy = false } = options
  const formatFile = join(directory, FORMAT_FILE)
  const used = existsSync(formatFile)
  if (used) checkFormat(directory, await readFile(formatFile, 'utf8'))
  if (used && isOnlyCopy) await checkClosedFiles(directory)
  const { bulk } = options
  const oldTables = used && bulk !== undefined ? await tablesIn(directory) : []
  const unfinished = !used
    ? []
    : await (bulk === undefined ? checkTables(directory) : checkTablesOutside(directory, bulk.ranges, bulk.onTable))
  await mkdir(directory, { recursive: true })
  const db = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: !used,
    compression: false,
    cacheSize: options.cacheBytes ?? 8 << 20,
    writeBufferSize: options.writeBufferBytes ?? 4 << 20,
  })
  try {
    await db.open()
  } catch (error) {
    throw openingError(directory, error)
  }
  const damaged = unfinished.find(({ file, changedMs }) => statSync(file, { throwIfNoEntry: false })?.mtimeMs === changedMs)
  if (damaged !== undefined) {
    await db.close()
    throw new StateCorruptedError(`The LevelDB table ${damaged.file} is damaged: its end is missing.`)
  }
  if (!used) {
    await writeFile(`${formatFile}.new`, FORMAT, { flush: true })
    await rename(`${formatFile}.new`, formatFile) // atomic: a kill leaves no partial file
  }
  const storage = new LevelStorage(db, directory, isOnlyCopy)
  if (bulk !== undefined) void storage.checkLater(oldTables, bulk)
  return storage
}

/** Deletes a storage's directory; the storage must be closed. */
export async function destroyLevelStorage(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

class LevelStorage implements OrderedStorage {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>
  readonly #directory: string
  readonly #isOnlyCopy: boolean
  #closing = false

  constructor(db: ClassicLevel<Uint8Array, Uint8Array>, directory: string, isOnlyCopy: boolean) {
    this.#db = db
    this.#directory = directory
    this.#isOnlyCopy = isOnlyCopy
  }

  /** Verifies the tables until the storage is closed. An error that is not damage, as for lack of descriptors, passes: it tries again. */
  async checkLater(tables: readonly string[], { pause, onDamage }: Bulk): Promise<void> {
    const left = [...tables]
    let failures = 0
    for (let table = left.shift(); table !== undefined;) {
      await pause(failures)
      if (this.#closing) return
      try {
        await checkTable(table)
        table = left.shift()
        failures = 0
      } catch (error) {
        if (error instanceof StateCorruptedError) return onDamage(error)
        failures++
      }
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const stored = this.#stored(key)
    return stored === undefined ? undefined : this.#verified(key, stored)
  }

  batch(): StorageBatch {
    return new LevelBatch(this.#db.batch(), this.#directory)
  }

  async *scan(range: StorageRange): AsyncIterable<StorageRow> {
    const iterator = this.#db.iterator({ gte: range.gte, lt: range.lt, reverse: range.reverse ?? false })
    try {
      for (;;) {
        const rows = await iterator.nextv(SCAN_ROWS).catch((error: unknown) => {
          throw stateErrorOf(this.#directory, error)
        })
        if (rows.length === 0) return
        for (const [key, stored] of rows) yield { key, value: this.#verified(key, stored) }
      }
    } finally {
      await iterator.close()
    }
  }

  async clear(range: StorageRange): Promise<void> {
    try {
      await this.#db.clear({ gte: range.gte, lt: range.lt })
    } catch (error) {
      throw stateErrorOf(this.#directory, error)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#db.close()
    if (this.#isOnlyCopy) await recordClosedFiles(this.#directory)
  }

  #stored(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      throw stateErrorOf(this.#directory, error)
    }
  }

  #verified(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const bytes = asBuffer(stored)
    const value = bytes.subarray(CHECKSUM_BYTES)
    if (bytes.length < CHECKSUM_BYTES || bytes.readInt32LE(0) !== checksum(value, key)) {
      throw new StateCorruptedError(`A value in the LevelDB ${this.#directory} does not match its checksum: the data is damaged.`)
    }
    return value
  }
}

/** Every row is assembled in the same memory, because LevelDB copies it immediately. */
const keys = new Scratch()
const values = new Scratch()

/**
 * A chained batch is five times as fast as an array of operations (DECISIONS 18), and its methods for implementations (`_put`, `_del`) save
 * another fifth over the public ones (DECISIONS 95). They do not count operations, and `write` skips a batch with none; so the first
 * operation uses the public method.
 */
class LevelBatch implements StorageBatch {
  readonly #chained: ChainedBatch & DatabaseSide
  readonly #directory: string
  #isEmpty = true

  constructor(chained: ChainedBatch, directory: string) {
    this.#chained = chained as ChainedBatch & DatabaseSide
    this.#directory = directory
  }

  put(key: Uint8Array, value: Uint8Array, prefix = NO_BYTES, head = NO_BYTES): void {
    const rowKey = rowKeyOf(prefix, key)
    const row = values.take(CHECKSUM_BYTES + head.length + value.length)
    copyInto(row, head, CHECKSUM_BYTES)
    copyInto(row, value, CHECKSUM_BYTES + head.length)
    const sum = checksum(row, rowKey, CHECKSUM_BYTES)
    row[0] = sum
    row[1] = sum >>> 8
    row[2] = sum >>> 16
    row[3] = sum >>> 24
    if (this.#isEmpty) this.#chained.put(rowKey, row)
    else this.#chained._put(rowKey, row)
    this.#isEmpty = false
  }

  delete(key: Uint8Array, prefix = NO_BYTES): void {
    const rowKey = rowKeyOf(prefix, key)
    if (this.#isEmpty) this.#chained.del(rowKey)
    else this.#chained._del(rowKey)
    this.#isEmpty = false
  }

  discard(): void {
    void this.#chained.clear().close()
  }

  async write(options?: WriteOptions): Promise<void> {
    try {
      await this.#chained.write({ sync: options?.sync ?? false })
    } catch (error) {
      const known = stateErrorOf(this.#directory, error)
      const reason = known instanceof StateUnavailableError ? known.message : `${text(error)}.`
      throw new StateWriteError(`A write to the LevelDB ${this.#directory} failed: ${reason}`, { cause: known })
    }
  }
}

type ChainedBatch = ReturnType<ClassicLevel<Uint8Array, Uint8Array>['batch']>

/** abstract-level's methods for implementations: keys and values must be encoded already. */
interface DatabaseSide {
  _put(key: Uint8Array, value: Uint8Array): void
  _del(key: Uint8Array): void
}

function rowKeyOf(prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const bytes = keys.take(prefix.length + key.length)
  copyInto(bytes, prefix, 0)
  copyInto(bytes, key, prefix.length)
  return bytes
}

function checkFormat(directory: string, format: string): void {
  if (format === FORMAT) return
  throw new StateFormatError(
    `The LevelDB ${directory} has the format "${format.trim()}", but this version reads "${FORMAT.trim()}". Use the version that wrote it, or delete the directory.`,
  )
}

/** LevelDB names no kind for most of what it finds wrong in a database that it opens. */
function openingError(directory: string, error: unknown): unknown {
  const known = stateErrorOf(directory, error)
  if (known !== error) return known
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new StateCorruptedError(`The LevelDB ${directory} cannot be opened: ${text(cause)}.`, { cause: error })
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
