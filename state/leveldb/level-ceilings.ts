import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Throughput of LevelDB on this machine: rows of 100 bytes, written in batches of 1,000 and read one by one. */
export interface LevelCeilings {
  readonly levelBatchPerSecond: number
  readonly levelGetPerSecond: number
}

const ROWS = 300_000
const BATCH = 1_000
const READS = 100_000

/** Measures LevelDB without our layers, as the upper bound for benchmarks. `seconds` reads a clock. */
export async function measureLevelCeilings(seconds: () => number): Promise<LevelCeilings> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-ceilings-'))
  const db = new ClassicLevel<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view', compression: false })
  const keys = Array.from({ length: ROWS }, (_, at) => Buffer.from(`key-${(at * 7919) % ROWS}`))
  const value = Buffer.alloc(100, 'v')
  try {
    await db.open()
    const begin = seconds()
    for (let from = 0; from < ROWS; from += BATCH) {
      const batch = db.batch()
      for (const key of keys.slice(from, from + BATCH)) batch.put(key, value)
      await batch.write()
    }
    const written = seconds()
    for (const key of keys.slice(0, READS)) db.getSync(key)
    const read = seconds()
    return { levelBatchPerSecond: Math.round(ROWS / (written - begin)), levelGetPerSecond: Math.round(READS / (read - written)) }
  } finally {
    await db.close()
    await rm(directory, { recursive: true, force: true })
  }
}
