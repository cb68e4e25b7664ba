import {
  isSameLayout,
  layoutText,
  openTaskState,
  StateCorruptedError,
  StateWriteError,
  storedState,
  storeLayout,
  type Layout,
  type OrderedStorage,
  type RowCheck,
  type StoredState,
  type StoreSpec,
  type TaskState,
} from '../../../state/index.ts'
import type { Broker, PartitionOffset } from '../../broker/index.ts'
import { FatalStreamsError, TaskCorruptedError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import type { TopicTable } from '../../topics/index.ts'
import { taskName } from '../task-id.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { offsetBounds, offsetOf } from './offset-bounds.ts'
import { fetchFirstParts, restoreStore, type Tail } from './restore.ts'

/** Where an instance's tasks keep their state. */
export interface TaskStorages {
  open(task: TaskId): Promise<OrderedStorage>
  /** Deletes the task's state, which is not open. */
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
  /** Where a restore ends: an active task waits until its changelogs are stable, a standby takes what is committed by now. */
  readonly end: 'stable' | 'latest'
  /** Records of the topology's own stores have been restored. */
  readonly onRestored: (records: number) => void
}

const CHECKPOINT_INTERVAL_MS = 60_000

/** Stored with the rows: which incarnation of each changelog they belong to, when they were last written, and what they look like. */
interface Checkpoint {
  readonly changelogs: Readonly<{ [topic: string]: string }>
  readonly writtenAt: number
  /** By store. Undefined: written before DECISIONS 112. */
  readonly layouts?: Readonly<{ [store: string]: Layout }>
}

/**
 * The stores of a task, and how they come to hold what their changelogs say. What is on disk is committed, so a restore replays only the tail
 * after it. What cannot be trusted is wiped and restored in full: damaged rows, rows of a changelog that was deleted and created again, rows so
 * old that the changelog may have compacted later deletions away.
 */
export class TaskStores {
  readonly #options: TaskStoresOptions
  readonly #changelogIds: Readonly<{ [topic: string]: string }>
  readonly #layouts: Readonly<{ [store: string]: Layout }>
  #state: TaskState | undefined
  #checkpointedAt = -Infinity
  #isDamaged = false
  #hasWarned = false

  constructor(options: TaskStoresOptions) {
    this.#options = options
    this.#changelogIds = options.topics.changelogIds(options.specs.map(({ name }) => name))
    this.#layouts = Object.fromEntries(options.specs.map((spec) => [spec.name, storeLayout(spec)]))
  }

  get state(): TaskState | undefined {
    return this.#state
  }

  /** Drops what was not committed, then restores every store to the end of its changelog. Throws the signal's reason when it is aborted. */
  async open(signal: AbortSignal): Promise<TaskState> {
    const { task, ports, storages } = this.#options
    try {
      if (this.#isDamaged) throw new TaskCorruptedError('Rows do not match their checksums.', { reason: 'damaged-rows' })
      return await this.#openAndRestore(signal)
    } catch (error) {
      if (error instanceof StateWriteError) await this.close() // nothing can be written until it is opened again
      if (!(error instanceof StateCorruptedError || error instanceof TaskCorruptedError)) throw error
      const reason = error instanceof TaskCorruptedError ? error.reason : 'damaged-rows'
      ports.logger.warn('local state is wiped and restored', { code: 'state-wiped', ...task, reason, detail: error.message })
      await this.close()
      await storages.destroy(task)
      this.#isDamaged = false
      return this.#openAndRestore(signal)
    }
  }

  /**
   * Makes a transaction that the broker has committed part of the local state; `ends` are the offsets that it was given, those of other
   * tasks among them. A storage that fails to write is closed: when it is opened again, the changelogs supply what it lacks.
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
      await state.commit(positions, this.#dueCheckpoint())
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** A read found damaged rows: the next opening starts from an empty state. */
  damaged(): void {
    this.#isDamaged = true
  }

  async close(): Promise<void> {
    const state = this.#state
    this.#state = undefined
    await state?.close()
  }

  async #openAndRestore(signal: AbortSignal): Promise<TaskState> {
    const { task, specs, storages, openState, cacheBytes } = this.#options
    if (this.#state === undefined) {
      const storage = await storages.open(task)
      try {
        this.#verifyLayouts(storedState(storage))
        this.#state = await openState({
          storage,
          stores: specs,
          checkOf: (store) => this.#checkOf(store),
          ...(cacheBytes === undefined ? {} : { cacheBytes }),
        })
      } catch (error) {
        await storage.close()
        throw error
      }
      this.#verifyCheckpoint(this.#state)
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
      .filter((tail) => tail.from !== tail.end)
    if (tails.length > 0) await this.#replay(state, tails, signal)
    // A standby may go unwritten for long although it has seen every deletion: its age counts from here.
    const checkpoint = this.#dueCheckpoint()
    if (checkpoint !== undefined) await state.commit(new Map(), checkpoint)
  }

  async #replay(state: TaskState, tails: readonly Tail[], signal: AbortSignal): Promise<void> {
    const { broker, ports, topics, onRestored } = this.#options
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
        const restored = await restoreStore({ ...tail, first, fetcher, state, latest, timers: ports.timers, signal })
        if (!topics.isBookkeeping(changelog.topic)) onRestored(restored)
      }
    } finally {
      signal.removeEventListener('abort', wakeUp)
      await fetcher.close()
    }
  }

  /** A row that its changelog does not take is found when it is put, while the record that caused it is being processed (DECISIONS 105). */
  #checkOf(store: string): RowCheck | undefined {
    const { topics } = this.#options
    const changelog = topics.changelogOf(store)
    if (changelog === undefined) return undefined
    const check = topics.check(changelog)
    return (key, value, timestamp) => {
      check.assertValid(key, timestamp)
      if (!check.fits(key, value)) throw check.tooLarge(key, value, undefined, `A row of store ${store}`)
    }
  }

  /** Rows, and the changelog that they come from, would be misread by a store of another layout: neither may be opened, nor wiped. */
  #verifyLayouts({ checkpoint, storeNames }: StoredState): void {
    const { task, topics, ports } = this.#options
    const { layouts = {} } = checkpoint === undefined ? {} : parsed(checkpoint)
    for (const [store, wanted] of Object.entries(this.#layouts)) {
      const found = layouts[store]
      if (found === undefined || isSameLayout(found, wanted)) continue
      const topic = topics.changelogOf(store)
      throw new FatalStreamsError(
        `Task ${taskName(task)} cannot open store ${store}: there is a store of kind ${layoutText(found)}, and the topology wants ` +
          `${layoutText(wanted)}. Give the new store another name; or reset it: stop all instances, delete their state directories` +
          `${topic === undefined ? '' : ` and the topic ${topic}`}, and start again.`,
      )
    }
    const leftover = storeNames.filter((name) => this.#layouts[name] === undefined)
    if (leftover.length === 0 || this.#hasWarned) return
    this.#hasWarned = true
    ports.logger.warn('the state directory holds stores that the topology does not have; their rows stay until the directory is deleted', {
      code: 'leftover-state',
      task: taskName(task),
      stores: leftover,
    })
  }

  #verifyCheckpoint(state: TaskState): void {
    this.#checkpointedAt = -Infinity
    if (state.checkpoint === undefined) return
    const { changelogs, writtenAt, layouts } = parsed(state.checkpoint)
    for (const [topic, id] of Object.entries(this.#changelogIds)) {
      if ((changelogs[topic] ?? id) !== id)
        throw new TaskCorruptedError(`Changelog ${topic} was deleted and created again since the state was written.`, {
          reason: 'changelog-recreated',
        })
    }
    const ageMs = this.#options.ports.clock.now() - writtenAt
    if (ageMs > this.#options.topics.deleteRetentionMs(state.storeNames) / 2) {
      throw new TaskCorruptedError(
        `The state was last written ${ageMs} ms ago: deletions since then may be compacted away from the changelogs.`,
        { reason: 'too-old' },
      )
    }
    // A checkpoint that does not describe all stores is replaced at once.
    if (state.storeNames.every((name) => layouts?.[name] !== undefined)) this.#checkpointedAt = writtenAt
  }

  /** The checkpoint to write with the rows; undefined while the last one is recent enough. */
  #dueCheckpoint(): string | undefined {
    const now = this.#options.ports.clock.now()
    if (now - this.#checkpointedAt < CHECKPOINT_INTERVAL_MS) return undefined
    this.#checkpointedAt = now
    const checkpoint: Checkpoint = { changelogs: this.#changelogIds, writtenAt: now, layouts: this.#layouts }
    return JSON.stringify(checkpoint)
  }
}

function parsed(checkpoint: string): Checkpoint {
  return JSON.parse(checkpoint) as Checkpoint
}
