import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { destroyLevelStorage, MemoryStorage, openLevelStorage } from '../../../state/index.ts'
import type { TaskId } from '../../processor.ts'
import { parseTaskName, taskName } from '../task-id.ts'
import type { TaskStorages } from './task-stores.ts'

export interface DiskStorages extends TaskStorages {
  /** Tasks whose state is in the directory. */
  present(): readonly TaskId[]
}

const TASK_NAME = /^\d+_\d+$/

const WRITE_BUFFER_BYTES = 16 << 20

export interface LevelTaskStoragesOptions {
  /** LevelDB's write buffer per task; up to twice as much while one is written to tables. Default 16 MiB; less makes restores slower (DECISIONS 85). */
  readonly writeBufferBytes?: number
}

/** A LevelDB per task below the directory, which belongs to one instance: two must not share it. */
export function levelTaskStorages(directory: string, options: LevelTaskStoragesOptions = {}): DiskStorages {
  const { writeBufferBytes = WRITE_BUFFER_BYTES } = options
  const pathOf = (name: string): string => join(directory, name)
  return {
    present: () =>
      existsSync(directory)
        ? readdirSync(directory)
            .filter((name) => TASK_NAME.test(name))
            .map(parseTaskName)
        : [],
    open: (task) => openLevelStorage({ directory: pathOf(taskName(task)), writeBufferBytes }),
    destroy: (task) => destroyLevelStorage(pathOf(taskName(task))),
  }
}

/** State in memory: lost with the process, restored from the changelogs. */
export function memoryTaskStorages(): TaskStorages {
  const storages = new Map<string, MemoryStorage>()
  return {
    open: async (task) => {
      const name = taskName(task)
      const storage = storages.get(name) ?? new MemoryStorage()
      storages.set(name, storage)
      return storage
    },
    destroy: async (task) => {
      storages.delete(taskName(task))
    },
  }
}
