import { createHash } from 'node:crypto'
import type { LogRecord } from './committed-records.ts'
import type { StateCopy } from './state-copy.ts'
import { kindOf, rowsOfChangelog, rowsOnDisk, type StoreRows } from './store-rows.ts'

export interface StateEvidence {
  readonly copies: readonly StateCopy[]
  /** Committed records of a store's changelog, by partition. */
  recordsOf(store: string): readonly (readonly LogRecord[])[]
  /** Up-to-date copies that each task must have. */
  readonly copiesPerTask: number
}

export interface StateVerdict {
  /** Stores on disk that were compared with their changelog. */
  readonly comparedStores: number
  /** All differences found, in words. */
  readonly stateFaults: readonly string[]
}

/**
 * Compares every copy of a store with its changelog, up to the copy's own position; so a lagging copy, or one that a task left when it
 * moved, is checked too. `copiesPerTask` copies of each task must not lag. Assumes that changelogs are not compacted within a run.
 */
export function judgeState({ copies, recordsOf, copiesPerTask }: StateEvidence): StateVerdict {
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
      const onDisk = rowsOnDisk(kind, copy.rowsOf(store))
      const expected = rowsOfChangelog(kind, until, onDisk)
      if (digestOf(onDisk) !== digestOf(expected))
        stateFaults.push(
          `store ${store} of task ${copy.task} on ${copy.instance} differs from its changelog up to ${position}: ${difference(onDisk, expected)}`,
        )
    }
    upToDate.set(copy.task, (upToDate.get(copy.task) ?? 0) + Number(isUpToDate))
  }
  for (const [task, count] of upToDate)
    if (count < copiesPerTask) stateFaults.push(`task ${task} has ${count} up-to-date copies instead of ${copiesPerTask}`)
  return { comparedStores, stateFaults }
}

function digestOf(rows: StoreRows): string {
  const hash = createHash('sha256')
  for (const [key, value] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${key}=${value}\n`)
  return hash.digest('hex')
}

function difference(onDisk: StoreRows, expected: StoreRows): string {
  const missing = [...expected.keys()].filter((key) => !onDisk.has(key))
  const extra = [...onDisk.keys()].filter((key) => !expected.has(key))
  const changed = [...onDisk.keys()].filter((key) => expected.has(key) && expected.get(key) !== onDisk.get(key))
  const [first] = [...missing, ...extra, ...changed]
  return `${missing.length} rows are missing, ${extra.length} are not in the changelog, ${changed.length} have another value, first key: ${Buffer.from(first ?? '', 'hex').toString('latin1')}`
}
