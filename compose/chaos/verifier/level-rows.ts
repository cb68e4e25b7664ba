import { crc32c } from '@node-rs/crc32'
import { ClassicLevel } from 'classic-level'

export interface LevelRow {
  readonly key: Buffer
  readonly value: Buffer
}

const CHECKSUM_BYTES = 4

/** All rows of a task's LevelDB that nobody has open, ascending, without their checksums. Throws when one does not match. */
export async function levelRows(directory: string): Promise<readonly LevelRow[]> {
  const db = new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer', createIfMissing: false })
  await db.open()
  try {
    const rows: LevelRow[] = []
    for await (const [key, stored] of db.iterator()) {
      const value = stored.subarray(CHECKSUM_BYTES)
      if (stored.readUInt32LE(0) !== crc32c(key, crc32c(value))) throw new Error(`A row in ${directory} does not match its checksum.`)
      rows.push({ key, value })
    }
    return rows
  } finally {
    await db.close()
  }
}
