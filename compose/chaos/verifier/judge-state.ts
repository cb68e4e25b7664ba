import { createHash } from 'node:crypto'
import type { LogRecord } from './committed-records.ts'
import type { StateCopy } from './state-copy.ts'
import { kindOf, rowsOfChangelog, rowsOnDisk, type StoreRows } from './store-rows.ts'

export interface StateEvidence {
  readonly copies: readonly StateCopy[]
  /** The changelog of a store, what was committed to it, partition by partition. */
  recordsOf(store: string): readonly (readonly LogRecord[])[]
  /** Copies that each task must have up to date. */
  readonly wanted: number
}

export interface StateVerdict {
  /** Stores on some disk that were held against their changelog. */
  readonly comparedStores: number
  /** Everything about them that does not fit together, in words. */
  readonly stateFaults: readonly string[]
}

/**
 * Folds each changelog and holds every copy of its store against it. A copy that lags, or was left behind by a task that moved, must be what
 * the changelog says up to the copy's own position; so many copies of each task must lag behind nothing. What a compaction took away would
 * be missed here: changelogs of the age of a run have not been compacted.
 */
export function judgeState({ copies, recordsOf, wanted }: StateEvidence): StateVerdict {
  const stateFaults: string[] = []
  const upToDate = new Map<string, number>()
  let comparedStores = 0
  for (const copy of copies) {
    const partition = Number(copy.task.slice(copy.task.lastIndexOf('_') + 1))
    let isUpToDate = copy.stores.length > 0
    for (const store of copy.stores) {
      const records = recordsOf(store)[partition] ?? []
      const position = copy.positionOf(store) ?? 0
      const until = records.filter(({ offset }) => offset < position)
      if (until.length < records.length) isUpToDate = false
      comparedStores++
      const kind = kindOf(store)
      const held = rowsOnDisk(kind, copy.rowsOf(store))
      const told = rowsOfChangelog(kind, until, held)
      if (digestOf(held) !== digestOf(told))
        stateFaults.push(
          `${store} of task ${copy.task} at ${copy.instance} is not its changelog up to ${position}: ${difference(held, told)}`,
        )
    }
    upToDate.set(copy.task, (upToDate.get(copy.task) ?? 0) + Number(isUpToDate))
  }
  for (const [task, count] of upToDate)
    if (count < wanted) stateFaults.push(`task ${task} has ${count} copies up to date instead of ${wanted}`)
  return { comparedStores, stateFaults }
}

function digestOf(rows: StoreRows): string {
  const hash = createHash('sha256')
  for (const [key, value] of [...rows].sort(([one], [other]) => (one < other ? -1 : 1))) hash.update(`${key}=${value}\n`)
  return hash.digest('hex')
}

function difference(held: StoreRows, told: StoreRows): string {
  const missing = [...told.keys()].filter((key) => !held.has(key))
  const foreign = [...held.keys()].filter((key) => !told.has(key))
  const other = [...held.keys()].filter((key) => told.has(key) && told.get(key) !== held.get(key))
  const [first] = [...missing, ...foreign, ...other]
  return `${missing.length} rows are missing, ${foreign.length} are not told of, ${other.length} have another value, as ${Buffer.from(first ?? '', 'hex').toString('latin1')}`
}
