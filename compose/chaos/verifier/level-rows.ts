import { ClassicLevel } from 'classic-level'

export interface LevelRow {
  readonly key: Buffer
  readonly value: Buffer
}

const CHECKSUM_BYTES = 4

/** All rows of a task's closed LevelDB, ascending. Checksums are skipped, because the verifier compares the values themselves. */
export async function levelRows(directory: string): Promise<readonly LevelRow[]> {
  const db = new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer', createIfMissing: false })
  await db.open()
  try {
    const rows: LevelRow[] = []
    for await (const [key, stored] of db.iterator()) rows.push({ key, value: stored.subarray(CHECKSUM_BYTES) })
    return rows
  } finally {
    await db.close()
  }
}
