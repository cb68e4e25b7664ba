import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStorage } from '../leveldb/index.ts'
import { MemoryStorage } from '../memory/index.ts'
import type { OrderedStorage } from '../ordered-storage.ts'

/** A storage that can be closed and opened again and keeps its rows. */
export interface Place {
  open(): Promise<OrderedStorage>
  /** Deletes it; the storage must be closed. */
  remove(): Promise<void>
}

/** Every adapter of `OrderedStorage`, for suites that each must pass. */
export const STORAGES: readonly { readonly name: string; make(): Promise<Place> }[] = [
  {
    name: 'memory',
    make: async () => {
      const storage = new MemoryStorage()
      return { open: async () => storage, remove: async () => undefined }
    },
  },
  {
    name: 'LevelDB',
    make: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'bob-state-'))
      return {
        open: () => openLevelStorage({ directory: join(directory, 'db') }),
        remove: () => rm(directory, { recursive: true, force: true }),
      }
    },
  },
]
