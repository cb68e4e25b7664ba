import type { KeyValueStore } from '../../../state/index.ts'
import type { TopicTable } from '../../topics/index.ts'
import { NO_TOPIC } from '../dead-letters/index.ts'

const ROW = Buffer.of(NO_TOPIC)

/**
 * The ids of the topics that a task's offsets and state belong to, in a row beside its parked keys. A committed offset carries no topic id, and
 * Kafka deletes it with its topic; the row is in the task's changelog, so it is known also on an empty disk and after all instances were down.
 */
export class TopicIncarnations {
  readonly #store: KeyValueStore<Uint8Array, unknown>
  readonly #ids: Readonly<{ [topic: string]: string }>
  #isStored: boolean

  /** Throws `FatalStreamsError` when one of the topics was created again since the row was written. */
  constructor(store: KeyValueStore<Uint8Array, unknown>, topics: TopicTable, names: readonly string[]) {
    const stored = (store.get(ROW) ?? {}) as Readonly<{ [topic: string]: string }>
    this.#store = store
    this.#ids = Object.fromEntries(names.map((name) => [name, topics.topicIdOf(name) ?? '']))
    for (const [name, id] of Object.entries(this.#ids)) {
      const former = stored[name]
      if (former !== undefined && former !== id) throw topics.recreated(name, former, id)
    }
    this.#isStored = names.every((name) => name in stored)
  }

  /** Call before a commit: the first one stores the row. */
  store(): void {
    if (this.#isStored) return
    this.#store.put(ROW, this.#ids)
    this.#isStored = true
  }
}
