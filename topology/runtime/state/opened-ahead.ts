import type { OrderedStorage } from '../../../state/index.ts'
import type { TaskId } from '../../processor.ts'
import { taskName } from '../task-id.ts'
import type { DiskStorages } from './task-storages.ts'
import type { TaskStorages } from './task-stores.ts'

/**
 * Opens the storages that are on the disk before anybody asks for them: an instance that comes back gets the tasks that it had, and can
 * read their stores while it still finds that out. One that is not asked for stays open until all are closed.
 */
export class OpenedAhead implements TaskStorages {
  readonly #storages: TaskStorages
  readonly #ahead: Map<string, Promise<OrderedStorage>>

  constructor(storages: DiskStorages) {
    this.#storages = storages
    this.#ahead = new Map(storages.present().map((task) => [taskName(task), storages.open(task)]))
    for (const opening of this.#ahead.values()) opening.catch(() => undefined) // told to who asks for it
  }

  open(task: TaskId): Promise<OrderedStorage> {
    return this.#taken(task) ?? this.#storages.open(task)
  }

  async destroy(task: TaskId): Promise<void> {
    await closed(this.#taken(task))
    await this.#storages.destroy(task)
  }

  async close(): Promise<void> {
    const left = [...this.#ahead.values()]
    this.#ahead.clear()
    await Promise.all(left.map(closed))
  }

  #taken(task: TaskId): Promise<OrderedStorage> | undefined {
    const name = taskName(task)
    const opening = this.#ahead.get(name)
    this.#ahead.delete(name)
    return opening
  }
}

async function closed(opening: Promise<OrderedStorage> | undefined): Promise<void> {
  const storage = await opening?.catch(() => undefined)
  await storage?.close()
}
