import { crc32c } from '@node-rs/crc32'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StateCorruptedError } from '../errors.ts'

/** Where a block lies in its table. */
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
 * Checks every block of every table of a database that is not open. Every block has a checksum, but LevelDB looks at it only where
 * it is told to, which the binding cannot: a flipped byte may hide a row, or end the process at one of LevelDB's assertions.
 * Answers with the tables that lack their last bytes: either the process ended while writing them, and LevelDB deletes them when it
 * opens, or writes them anew, or they are damaged. Costs about one reading of the files. Throws `StateCorruptedError`. Format: LevelDB's
 * doc/table_format.md.
 */
export async function checkTables(directory: string): Promise<readonly UnfinishedTable[]> {
  const unfinished: UnfinishedTable[] = []
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.ldb') && !name.endsWith('.sst')) continue
    const file = join(directory, name)
    const table = await contentOf(file)
    if (table === undefined) continue
    if (!isFinished(table)) unfinished.push({ file, changedMs: (await stat(file)).mtimeMs })
    else if (!isSound(table)) throw new StateCorruptedError(`The table ${file} does not match its checksums.`)
  }
  return unfinished
}

/** Undefined when the file is gone: whoever holds the database has just replaced it, and will be met when it is opened. */
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
    if (error instanceof RangeError) return false // a handle that points beyond the file
    throw error
  }
}

function isBlockSound(table: Buffer, { offset, size }: BlockHandle): boolean {
  const end = offset + size + 1 // the kind of compression counts, then comes the checksum
  const masked = table.readUInt32LE(end)
  const crc = crc32c(table.subarray(offset, end))
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0 === masked
}

/** A list of blocks is one itself: of filters, then of rows. Its entries share the beginnings of their keys, its tail lists restarts. */
function* blocksIn(table: Buffer, { offset, size }: BlockHandle): Iterable<BlockHandle> {
  const restarts = table.readUInt32LE(offset + size - 4)
  const end = offset + size - 4 - restarts * 4
  const cursor = new Cursor(table, offset)
  while (cursor.at < end) {
    cursor.varint() // length of the part shared with the key before
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
