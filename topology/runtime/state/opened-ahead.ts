import type { OrderedStorage } from '../../../state/index.ts'
import type { TaskId } from '../../processor.ts'
import { taskName } from '../task-id.ts'
import type { DiskStorages } from './task-storages.ts'
import type { TaskStorages } from './task-stores.ts'

/**
 * Opens the storages that are on the disk while the instance still joins its group: an instance that comes back usually gets the tasks that it
 * had (DECISIONS 80). A storage that no task asks for stays open until all are closed.
 */
export class OpenedAhead implements TaskStorages {
  readonly #storages: TaskStorages
  readonly #ahead: Map<string, Promise<OrderedStorage>>

  constructor(storages: DiskStorages) {
    this.#storages = storages
    this.#ahead = new Map(storages.present().map((task) => [taskName(task), storages.open(task)]))
    for (const opening of this.#ahead.values()) opening.catch(() => undefined) // surfaces in open()
  }

  open(task: TaskId): Promise<OrderedStorage> {
    return this.#take(task) ?? this.#storages.open(task)
  }

  async destroy(task: TaskId): Promise<void> {
    await closed(this.#take(task))
    await this.#storages.destroy(task)
  }

  async close(): Promise<void> {
    const remaining = [...this.#ahead.values()]
    this.#ahead.clear()
    await Promise.all(remaining.map(closed))
  }

  #take(task: TaskId): Promise<OrderedStorage> | undefined {
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
