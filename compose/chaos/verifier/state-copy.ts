import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { levelRows, type LevelRow } from './level-rows.ts'

/** One instance's copy of a task's stores, as it lies on the disk: the task's own, a standby's, or what one of them left behind. */
export interface StateCopy {
  readonly instance: string
  readonly task: string
  readonly stores: readonly string[]
  /** Behind the last record of the changelog that the store holds; undefined: it holds none. */
  positionOf(store: string): number | undefined
  /** With keys that lack the store's number. */
  rowsOf(store: string): readonly LevelRow[]
}

/** The first row of the LevelDB. */
interface Head {
  readonly positions: Readonly<Record<string, number>>
  readonly numbers: Readonly<Record<string, number>>
}

const HEAD = '0000'
const NUMBER_BYTES = 2
const USED = 'FORMAT'

/** Of all instances below the directory. Nobody may have them open. */
export async function stateCopies(directory: string): Promise<readonly StateCopy[]> {
  const copies: StateCopy[] = []
  for (const instance of await readdir(directory)) {
    const tasks = join(directory, instance, 'tasks')
    if (!existsSync(tasks)) continue
    for (const task of await readdir(tasks)) {
      if (existsSync(join(tasks, task, USED))) copies.push(stateCopy(instance, task, await levelRows(join(tasks, task))))
    }
  }
  return copies
}

function stateCopy(instance: string, task: string, all: readonly LevelRow[]): StateCopy {
  const stored = all.find(({ key }) => key.toString('hex') === HEAD)
  const head: Head = stored === undefined ? { positions: {}, numbers: {} } : (JSON.parse(stored.value.toString()) as Head)
  return {
    instance,
    task,
    stores: Object.keys(head.numbers),
    positionOf: (store) => head.positions[store],
    rowsOf: (store) => {
      const own = all.filter(({ key }) => key.readUInt16BE(0) === head.numbers[store])
      return own.map(({ key, value }) => ({ key: key.subarray(NUMBER_BYTES), value }))
    },
  }
}
