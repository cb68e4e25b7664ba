import { ClassicLevel } from 'classic-level'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asBuffer, copyInto, NO_BYTES } from '../bytes.ts'
import { checksum } from '../checksum.ts'
import { StateCorruptedError, StateFormatError, StateLockedError, StateWriteError } from '../errors.ts'
import { checkTables } from './check-tables.ts'
import type { OrderedStorage, StorageBatch, StorageRange, StorageRow, WriteOptions } from '../ordered-storage.ts'
import { Scratch } from '../scratch.ts'
import { checkClosedFiles, noteClosedFiles } from './closed-files.ts'

export interface LevelStorageOptions {
  readonly directory: string
  /** Blocks kept decompressed, in bytes. */
  readonly cacheBytes?: number
  /** Writes gathered in memory before a table is made of them, in bytes. */
  readonly writeBufferBytes?: number
  /**
   * Whether a log that became shorter since an orderly close is damage, and not the trace of a crash. For what cannot be had
   * from elsewhere; costs a reading of the log at each end. Default false.
   */
  readonly isOnlyCopy?: boolean
}

const FORMAT_FILE = 'FORMAT'
const FORMAT = 'bob-storage 2\n'
const SCAN_ROWS = 1000
/** In front of each value. */
const CHECKSUM_BYTES = 4

/**
 * Opens (or makes) a LevelDB in the directory. LevelDB itself opens empty when its `CURRENT` is lost and hands over flipped
 * bytes; so a directory that has been used must still hold its database, its tables are checked first, and each value carries a
 * checksum over its key and itself. Throws `StateLockedError`, `StateCorruptedError`, `StateFormatError`.
 */
export async function openLevelStorage(options: LevelStorageOptions): Promise<OrderedStorage> {
  const { directory, isOnlyCopy = false } = options
  const formatFile = join(directory, FORMAT_FILE)
  const used = existsSync(formatFile)
  if (used) checkFormat(directory, await readFile(formatFile, 'utf8'))
  if (used && isOnlyCopy) await checkClosedFiles(directory)
  const unfinished = used ? await checkTables(directory) : []
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
    throw new StateCorruptedError(`The table ${damaged.file} was cut short.`)
  }
  if (!used) {
    await writeFile(`${formatFile}.new`, FORMAT, { flush: true })
    await rename(`${formatFile}.new`, formatFile) // whoever is killed in between leaves no half of it
  }
  return new LevelStorage(db, directory, isOnlyCopy)
}

/** Deletes a storage's directory; it must not be open. */
export async function destroyLevelStorage(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

class LevelStorage implements OrderedStorage {
  readonly #db: ClassicLevel<Uint8Array, Uint8Array>
  readonly #directory: string
  readonly #isOnlyCopy: boolean

  constructor(db: ClassicLevel<Uint8Array, Uint8Array>, directory: string, isOnlyCopy: boolean) {
    this.#db = db
    this.#directory = directory
    this.#isOnlyCopy = isOnlyCopy
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
          throw readingError(this.#directory, error)
        })
        if (rows.length === 0) return
        for (const [key, stored] of rows) yield { key, value: this.#verified(key, stored) }
      }
    } finally {
      await iterator.close()
    }
  }

  async clear(range: StorageRange): Promise<void> {
    await this.#db.clear({ gte: range.gte, lt: range.lt })
  }

  async close(): Promise<void> {
    await this.#db.close()
    if (this.#isOnlyCopy) await noteClosedFiles(this.#directory)
  }

  #stored(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#db.getSync(key)
    } catch (error) {
      throw readingError(this.#directory, error)
    }
  }

  #verified(key: Uint8Array, stored: Uint8Array): Uint8Array {
    const bytes = asBuffer(stored)
    const value = bytes.subarray(CHECKSUM_BYTES)
    if (bytes.length < CHECKSUM_BYTES || bytes.readInt32LE(0) !== checksum(value, key)) {
      throw new StateCorruptedError(`A value in ${this.#directory} does not match its checksum.`)
    }
    return value
  }
}

/** Rows are put together where the last ones were: LevelDB copies them at once. */
const keys = new Scratch()
const values = new Scratch()

/**
 * A chained batch crosses to LevelDB five times as fast as an array of operations does, and the side of it that abstract-level describes
 * for databases takes a row for four fifths of what the side for users wants. There nothing is counted, and a batch that counts nothing is
 * not written: so the first operation goes the long way.
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
      throw new StateWriteError(`The storage in ${this.#directory} did not take a write: ${text(error)}`, { cause: error })
    }
  }
}

type ChainedBatch = ReturnType<ClassicLevel<Uint8Array, Uint8Array>['batch']>

/** Takes what is encoded already, as bytes are. */
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
    `The database in ${directory} is of the format "${format.trim()}", and this version reads "${FORMAT.trim()}": use the version that wrote it, or delete the directory.`,
  )
}

function openingError(directory: string, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'LEVEL_LOCKED') {
    return new StateLockedError(`Another process is using ${directory}: stop it, or choose another data directory.`, { cause: error })
  }
  return new StateCorruptedError(`The database in ${directory} cannot be opened: ${text(cause)}.`, { cause: error })
}

/** LevelDB notices some damage itself. */
function readingError(directory: string, error: unknown): unknown {
  const isDamage = error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION'
  return isDamage ? new StateCorruptedError(`The database in ${directory} is damaged: ${error.message}`, { cause: error }) : error
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
