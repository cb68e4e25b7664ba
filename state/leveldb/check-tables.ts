import { crc32c } from '@node-rs/crc32'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StateCorruptedError } from '../errors.ts'

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
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.ldb') && !name.endsWith('.sst')) continue
    const file = join(directory, name)
    const table = await contentOf(file)
    if (table === undefined) continue
    if (!isFinished(table)) unfinished.push({ file, changedMs: (await stat(file)).mtimeMs })
    else if (!isSound(table)) throw new StateCorruptedError(`The LevelDB table ${file} does not match its checksums: the file is damaged.`)
  }
  return unfinished
}

/** Undefined if the file is gone: another process has the database open and replaced it. Opening will then fail with `StateLockedError`. */
async function contentOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
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

function isBlockSound(table: Buffer, { offset, size }: BlockHandle): boolean {
  const end = offset + size + 1 // one byte for the kind of compression, which the checksum covers
  const masked = table.readUInt32LE(end)
  const crc = crc32c(table.subarray(offset, end))
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0 === masked
}

/** Handles in an index block. Its entries share key prefixes; its tail lists the restart points. */
function* blocksIn(table: Buffer, { offset, size }: BlockHandle): Iterable<BlockHandle> {
  const restarts = table.readUInt32LE(offset + size - 4)
  const end = offset + size - 4 - restarts * 4
  const cursor = new Cursor(table, offset)
  while (cursor.at < end) {
    cursor.varint() // length of the prefix shared with the previous key
    const unshared = cursor.varint()
    const valueLength = cursor.varint()
    cursor.at += unshared
    const next = cursor.at + valueLength
    yield handleAt(cursor)
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
