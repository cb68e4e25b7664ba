import type { ChangelogRecord } from '../changelog.ts'
import { openTaskState } from '../open-task-state.ts'
import type { OrderedStorage } from '../ordered-storage.ts'
import type { StoreSpec } from '../store-spec.ts'
import type { TaskState } from '../task-state.ts'
import type { Place } from './storages.ts'

/** A task's state on a place, together with the changelogs that its commits write. */
export class StateUnderTest {
  readonly #place: Place
  readonly #specs: readonly StoreSpec[]
  readonly #cacheBytes: number
  readonly #changelogs = new Map<string, ChangelogRecord[]>()
  #storage: OrderedStorage | undefined
  #state: TaskState | undefined

  private constructor(place: Place, specs: readonly StoreSpec[], cacheBytes: number) {
    this.#place = place
    this.#specs = specs
    this.#cacheBytes = cacheBytes
  }

  static async open(place: Place, specs: readonly StoreSpec[], cacheBytes = 1 << 20): Promise<StateUnderTest> {
    const opened = new StateUnderTest(place, specs, cacheBytes)
    await opened.#open()
    return opened
  }

  get state(): TaskState {
    if (this.#state === undefined) throw new Error('The state is not open: call StateUnderTest.open().')
    return this.#state
  }

  changelog(store: string): readonly ChangelogRecord[] {
    return this.#changelogs.get(store) ?? []
  }

  /** Commits as a task does: changes go to the changelog first, then to the storage. */
  async commit(): Promise<void> {
    this.state.collectChanges({
      change: (store, key, value, timestamp) => {
        const copy = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp }
        this.#changelogs.set(store, [...this.changelog(store), copy])
      },
    })
    await this.state.commit(new Map(this.#specs.map(({ name }) => [name, this.changelog(name).length])))
  }

  /** Drops uncommitted writes. */
  async reopen(): Promise<void> {
    await this.state.close()
    await this.#open()
  }

  async close(): Promise<void> {
    await this.#state?.close()
  }

  async #open(): Promise<void> {
    this.#storage = await this.#place.open()
    this.#state = await openTaskState({ storage: this.#storage, stores: this.#specs, cacheBytes: this.#cacheBytes })
  }
}

export async function collect<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}
