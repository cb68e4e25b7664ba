import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStorage } from '../../state/index.ts'

/** What the machine gives at the moment: rows of a 100-byte value, written in batches of 1,000 and read one by one. */
export interface Ceilings {
  readonly levelBatchPerSecond: number
  readonly levelGetPerSecond: number
}

const ROWS = 200_000
const BATCH = 1_000
const READS = 100_000

export async function measureCeilings(): Promise<Ceilings> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-ceiling-'))
  const storage = await openLevelStorage({ directory })
  const value = Buffer.alloc(100, 'v')
  const key = (number: number): Buffer => Buffer.from(`key-${String(number).padStart(8, '0')}`)
  try {
    const writing = performance.now()
    for (let from = 0; from < ROWS; from += BATCH) {
      await storage.write(Array.from({ length: BATCH }, (_, at) => ({ key: key(((from + at) * 7919) % ROWS), value })))
    }
    const reading = performance.now()
    for (let at = 0; at < READS; at++) storage.get(key((at * 104_729) % ROWS))
    const end = performance.now()
    return {
      levelBatchPerSecond: Math.round(ROWS / ((reading - writing) / 1000)),
      levelGetPerSecond: Math.round(READS / ((end - reading) / 1000)),
    }
  } finally {
    await storage.close()
    await rm(directory, { recursive: true, force: true })
  }
}
