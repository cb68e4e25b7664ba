import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { levelRows, type LevelRow } from './level-rows.ts'

/** One instance's copy of a task's stores on disk: of an active task, of a standby, or left by a task that moved. */
export interface StateCopy {
  readonly instance: string
  readonly task: string
  readonly stores: readonly string[]
  /** Changelog offset up to which (exclusive) the store holds every record; undefined if it holds none. */
  positionOf(store: string): number | undefined
  /** Keys are without the store's number. */
  rowsOf(store: string): readonly LevelRow[]
}

/** The head row, the first of the LevelDB. */
interface Head {
  readonly positions: Readonly<Record<string, number>>
  readonly numbers: Readonly<Record<string, number>>
}

const HEAD = '0000'
const NUMBER_BYTES = 2
const USED = 'FORMAT'

/** Reads the copies of all instances under the directory. The instances must have ended. */
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
