import { crc32c } from '@node-rs/crc32'
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { StateCorruptedError } from '../errors.ts'
import type { StorageRange } from '../ordered-storage.ts'

/** Position of a block in its table. */
interface BlockHandle {
  readonly offset: number
  readonly size: number
}

export interface UnfinishedTable {
  readonly file: string
  /** Milliseconds since the epoch. */
  readonly changedMs: number
}

const FOOTER_BYTES = 48
/** One byte for the kind of compression, and a checksum. */
const BLOCK_TRAILER_BYTES = 5
/** LevelDB adds sequence number and kind of operation to each key. */
const KEY_TRAILER_BYTES = 8
const MAGIC = 0xdb4775248b80fb57n
const MASK_DELTA = 0xa282ead8

/**
 * Verifies the checksum of every block of every table of a closed database (DECISIONS 35). LevelDB itself verifies them only with options that
 * the binding does not offer; without them a flipped byte may hide a row or end the process with an assertion.
 * Returns the tables that lack a footer. Either the process ended while writing them, and LevelDB deletes or rewrites them when it opens, or
 * they are damaged. Costs about one read of all tables. Throws `StateCorruptedError`. Format: LevelDB's doc/table_format.md.
 */
export async function checkTables(directory: string): Promise<readonly UnfinishedTable[]> {
  const unfinished: UnfinishedTable[] = []
  for (const file of await tablesIn(directory)) {
    const table = await unlessGone(readFile(file))
    if (table === undefined) continue
    if (!isFinished(table)) unfinished.push({ file, changedMs: (await stat(file)).mtimeMs })
    else if (!isSound(table)) throw damaged(file)
  }
  return unfinished
}

/**
 * As `checkTables`, but passes over the blocks whose keys all lie in one of the ranges. Reads the index of each table and the blocks outside
 * the ranges, so its cost hardly depends on the number of rows in the ranges. `onTable` learns how many tables of all have been checked.
 */
export async function checkTablesOutside(
  directory: string,
  ranges: readonly StorageRange[],
  onTable: (checked: number, tables: number) => void,
): Promise<readonly UnfinishedTable[]> {
  const unfinished: UnfinishedTable[] = []
  const files = await tablesIn(directory)
  for (const [at, file] of files.entries()) {
    const handle = await unlessGone(open(file))
    if (handle === undefined) continue
    try {
      const { size, mtimeMs } = await handle.stat()
      const footer = await bytesAt(handle, Math.max(0, size - FOOTER_BYTES), Math.min(size, FOOTER_BYTES))
      if (!isFinished(footer)) unfinished.push({ file, changedMs: mtimeMs })
      else if (!(await isSoundOutside(handle, footer, ranges))) throw damaged(file)
    } finally {
      await handle.close()
    }
    onTable(at + 1, files.length)
  }
  return unfinished
}

/** The tables of the database, those written last first. */
export async function tablesIn(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ldb') || name.endsWith('.sst'))
  return names
    .sort()
    .reverse()
    .map((name) => join(directory, name))
}

/** Verifies every block of a table of an open database, which may have deleted it. Throws `StateCorruptedError`. */
export async function checkTable(file: string): Promise<void> {
  const table = await unlessGone(readFile(file))
  if (table !== undefined && !(isFinished(table) && isSound(table))) throw damaged(file)
}

function damaged(file: string): StateCorruptedError {
  return new StateCorruptedError(`The LevelDB table ${file} does not match its checksums: the file is damaged.`)
}

/** Undefined if the file is gone: another process has the database open and replaced it. Opening will then fail with `StateLockedError`. */
async function unlessGone<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function isFinished(table: Buffer): boolean {
  return table.length >= FOOTER_BYTES && table.readBigUInt64LE(table.length - 8) === MAGIC
}

function isSound(table: Buffer): boolean {
  try {
    const footer = new Cursor(table, table.length - FOOTER_BYTES)
    for (const list of [handleAt(footer), handleAt(footer)]) {
      if (!isBlockSound(table, list)) return false
      for (const block of blocksIn(table, list)) if (!isBlockSound(table, block)) return false
    }
    return true
  } catch (error) {
    if (error instanceof RangeError) return false // a handle points beyond the file
    throw error
  }
}

async function isSoundOutside(handle: FileHandle, footer: Buffer, ranges: readonly StorageRange[]): Promise<boolean> {
  const blockAt = ({ offset, size }: BlockHandle): Promise<Buffer> => bytesAt(handle, offset, size + BLOCK_TRAILER_BYTES)
  const isSoundAt = async (block: BlockHandle): Promise<boolean> => isBlockSound(await blockAt(block), { offset: 0, size: block.size })
  try {
    const cursor = new Cursor(footer, 0)
    const metaIndex = handleAt(cursor)
    const index = handleAt(cursor)
    if (!(await isSoundAt(metaIndex)) || !(await isSoundAt(index))) return false
    let before: Buffer | undefined
    for (const { block, key } of entriesIn(await blockAt(index), { offset: 0, size: index.size })) {
      const isPassedOver = ranges.some(
        ({ gte, lt }) => before !== undefined && Buffer.compare(before, gte) >= 0 && Buffer.compare(key, lt) <= 0,
      )
      if (!isPassedOver && !(await isSoundAt(block))) return false
      before = key
    }
    return true
  } catch (error) {
    if (error instanceof RangeError) return false // a handle points beyond the file
    throw error
  }
}

/** Throws `RangeError` if the file ends earlier. */
async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
  if (bytesRead < length) throw new RangeError(`The file ends before byte ${position + length}.`)
  return buffer
}

function isBlockSound(table: Buffer, { offset, size }: BlockHandle): boolean {
  const end = offset + size + 1 // one byte for the kind of compression, which the checksum covers
  const masked = table.readUInt32LE(end)
  const crc = crc32c(table.subarray(offset, end))
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0 === masked
}

interface IndexEntry {
  readonly block: BlockHandle
  /** At or after the last key of the block, and before the first key of the next one. */
  readonly key: Buffer
}

function* blocksIn(table: Buffer, index: BlockHandle): Iterable<BlockHandle> {
  for (const { block } of entriesIn(table, index)) yield block
}

/** The entries of an index block share key prefixes; its tail lists the restart points. */
function* entriesIn(table: Buffer, { offset, size }: BlockHandle): Iterable<IndexEntry> {
  const restarts = table.readUInt32LE(offset + size - 4)
  const end = offset + size - 4 - restarts * 4
  const cursor = new Cursor(table, offset)
  let before = Buffer.alloc(0)
  while (cursor.at < end) {
    const shared = cursor.varint()
    const unshared = cursor.varint()
    const valueLength = cursor.varint()
    const internalKey = Buffer.concat([before.subarray(0, shared), table.subarray(cursor.at, cursor.at + unshared)])
    cursor.at += unshared
    const next = cursor.at + valueLength
    yield { block: handleAt(cursor), key: internalKey.subarray(0, Math.max(0, internalKey.length - KEY_TRAILER_BYTES)) }
    before = internalKey
    cursor.at = next
  }
}

function handleAt(cursor: Cursor): BlockHandle {
  return { offset: cursor.varint(), size: cursor.varint() }
}

class Cursor {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
}
