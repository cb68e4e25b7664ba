import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStorage } from '../leveldb/level-storage.ts'
import { MemoryStorage } from '../memory/memory-storage.ts'
import type { OrderedStorage } from '../ordered-storage.ts'

/** A place that keeps what is written there while it is opened and closed. */
export interface Place {
  open(): Promise<OrderedStorage>
  /** Deletes it; it is not open. */
  remove(): Promise<void>
}

/** Every kind of storage, for suites that each has to pass. */
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
