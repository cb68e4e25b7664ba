import {
  openTaskState,
  StateCorruptedError,
  StateWriteError,
  type OrderedStorage,
  type StoreSpec,
  type TaskState,
} from '../../../state/index.ts'
import type { Broker, PartitionOffset } from '../../broker/index.ts'
import type { Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import { TaskCorruptedError } from '../../errors.ts'
import { offsetBounds, offsetOf } from './offset-bounds.ts'
import { fetchFirstParts, restoreStore, type Tail } from './restore.ts'
import type { TopicTable } from '../../topics/topic-table.ts'
import { unlessAborted } from '../unless-aborted.ts'

/** Where tasks keep their state on this instance. */
export interface TaskStorages {
  open(task: TaskId): Promise<OrderedStorage>
  /** Deletes what the task kept; it is not open. */
  destroy(task: TaskId): Promise<void>
}

export interface TaskStoresOptions {
  readonly task: TaskId
  readonly specs: readonly StoreSpec[]
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  readonly openState: typeof openTaskState
  readonly topics: TopicTable
  readonly cacheBytes: number | undefined
  /** Up to where they are restored: for a task to what its changelogs hold, for a copy of it to what is there at the moment. */
  readonly end: 'stable' | 'latest'
  readonly onRestored: (records: number) => void
}

const NOTE_MS = 60_000

/** Kept beside the rows: which incarnation of each changelog they go with, and when they were last written to. */
interface Note {
  readonly changelogs: Readonly<{ [topic: string]: string }>
  readonly writtenAt: number
}

/**
 * The stores of a task, and how they come to hold what the changelogs say. What is on the disk is committed, so only what the
 * changelogs have beyond it is replayed. What cannot be trusted is wiped and restored in full: damaged rows, rows of a changelog
 * that was deleted since, rows so old that deletions since may be gone from the changelogs.
 */
export class TaskStores {
  readonly #options: TaskStoresOptions
  readonly #changelogIds: Readonly<{ [topic: string]: string }>
  #state: TaskState | undefined
  /** When the note with the rows was written. */
  #notedAt = -Infinity
  #isDamaged = false

  constructor(options: TaskStoresOptions) {
    this.#options = options
    this.#changelogIds = options.topics.changelogIds(options.specs.map(({ name }) => name))
  }

  get state(): TaskState | undefined {
    return this.#state
  }

  /** Drops what was not committed, then brings every store up to the end of its changelog. Throws the signal's reason when it is aborted. */
  async open(signal: AbortSignal): Promise<TaskState> {
    const { task, ports, storages } = this.#options
    try {
      if (this.#isDamaged) throw new TaskCorruptedError('Rows do not match their checksums.')
      return await this.#openOrGoOn(signal)
    } catch (error) {
      if (error instanceof StateWriteError) await this.close() // nothing can be written until it is opened again
      if (!(error instanceof StateCorruptedError || error instanceof TaskCorruptedError)) throw error
      ports.logger.warn('local state is wiped and restored', { ...task, reason: error.message })
      await this.close()
      await storages.destroy(task)
      this.#isDamaged = false
      return this.#openOrGoOn(signal)
    }
  }

  /**
   * Makes a transaction that the broker has committed part of the local state; `ends` are the offsets that it was given, among them those
   * of other tasks. A storage that does not take it is closed: opened again, it gets from the changelogs what it lacks.
   */
  async commit(ends: readonly PartitionOffset[]): Promise<void> {
    const state = this.#state
    if (state === undefined) return
    const { task, topics } = this.#options
    const positions = new Map<string, number>()
    for (const store of state.storeNames) {
      const topic = topics.changelogOf(store)
      const end = topic === undefined ? undefined : offsetOf(ends, { topic, partition: task.partition })
      if (end !== undefined) positions.set(store, end)
    }
    try {
      await state.commit(positions, this.#dueNote())
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** A read found damaged rows: the next opening begins with nothing. */
  damaged(): void {
    this.#isDamaged = true
  }

  async close(): Promise<void> {
    const state = this.#state
    this.#state = undefined
    await state?.close()
  }

  async #openOrGoOn(signal: AbortSignal): Promise<TaskState> {
    const { task, specs, storages, openState, cacheBytes } = this.#options
    if (this.#state === undefined) {
      const storage = await storages.open(task)
      try {
        this.#state = await openState({ storage, stores: specs, ...(cacheBytes === undefined ? {} : { cacheBytes }) })
      } catch (error) {
        await storage.close()
        throw error
      }
      this.#checkNote(this.#state)
    }
    this.#state.abort()
    await this.#restore(this.#state, signal)
    return this.#state
  }

  async #restore(state: TaskState, signal: AbortSignal): Promise<void> {
    const { broker, end, task, topics } = this.#options
    const { partition } = task
    const stores = state.storeNames.flatMap((store) => {
      const topic = topics.changelogOf(store)
      return topic === undefined ? [] : [{ store, changelog: { topic, partition } }]
    })
    const changelogs = stores.map(({ changelog }) => changelog)
    const isNew = stores.some(({ store }) => state.position(store) === undefined)
    const { ends, starts } = await unlessAborted(offsetBounds(broker.admin, changelogs, { isNew, end }), signal)
    const tails = stores
      .map(({ store, changelog }) => ({
        store,
        changelog,
        from: state.position(store) ?? offsetOf(starts, changelog) ?? 0,
        end: offsetOf(ends, changelog) ?? 0,
      }))
      .filter(({ from, end }) => from !== end)
    if (tails.length > 0) await this.#replay(state, tails, signal)
    const note = this.#dueNote() // a standby is not written to for long, and has seen every deletion all the same
    if (note !== undefined) await state.commit(new Map(), note)
  }

  async #replay(state: TaskState, tails: readonly Tail[], signal: AbortSignal): Promise<void> {
    const { broker, ports, onRestored } = this.#options
    const fetcher = broker.openFetcher()
    const wakeUp = (): void => fetcher.wakeup()
    signal.addEventListener('abort', wakeUp)
    try {
      const parts = await fetchFirstParts(fetcher, tails)
      signal.throwIfAborted()
      for (const tail of tails) {
        const { changelog } = tail
        const first = parts.find(({ topic }) => topic === changelog.topic)
        const latest = async (): Promise<number> => offsetOf(await broker.admin.listOffsets([changelog], 'latest'), changelog) ?? 0
        onRestored(await restoreStore({ ...tail, first, fetcher, state, latest, timers: ports.timers, signal }))
      }
    } finally {
      signal.removeEventListener('abort', wakeUp)
      await fetcher.close()
    }
  }

  #checkNote(state: TaskState): void {
    this.#notedAt = -Infinity
    if (state.note === undefined) return
    const { changelogs, writtenAt } = JSON.parse(state.note) as Note
    for (const [topic, id] of Object.entries(this.#changelogIds)) {
      if ((changelogs[topic] ?? id) !== id) throw new TaskCorruptedError(`The changelog ${topic} was made anew since it was written.`)
    }
    const ageMs = this.#options.ports.clock.now() - writtenAt
    if (ageMs > this.#options.topics.deleteRetentionMs(state.storeNames) / 2) {
      throw new TaskCorruptedError(`It was last written ${ageMs} ms ago: deletions since may be gone from the changelogs.`)
    }
    this.#notedAt = writtenAt
  }

  /** What is to be written with the rows; undefined: what was written there not long ago will do. */
  #dueNote(): string | undefined {
    const now = this.#options.ports.clock.now()
    if (now - this.#notedAt < NOTE_MS) return undefined
    this.#notedAt = now
    const note: Note = { changelogs: this.#changelogIds, writtenAt: now }
    return JSON.stringify(note)
  }
}
