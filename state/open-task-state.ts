import { asBuffer } from './bytes.ts'
import { CommitMarkers } from './commit-markers.ts'
import { StateWriteError } from './errors.ts'
import { MemoryStorage } from './memory/memory-storage.ts'
import type { OrderedStorage } from './ordered-storage.ts'
import type { StateStore } from './store.ts'
import type { StoreSpec } from './store-spec.ts'
import type { CommittedReads, EngineContext, StoreEngine } from './stores/engine.ts'
import { KeyValueEngine } from './stores/key-value-engine.ts'
import { TimeOrderedEngine } from './stores/time-ordered-engine.ts'
import { VersionedEngine } from './stores/versioned-engine.ts'
import { WindowEngine } from './stores/window-engine.ts'
import { TaskBatch } from './task-batch.ts'
import { NO_CHANGELOG, type ChangelogCursor, type ChangeSink, type TaskState } from './task-state.ts'

export interface TaskStateOptions {
  readonly storage: OrderedStorage
  readonly stores: readonly StoreSpec[]
  /** Bytes of committed rows kept in memory over all stores of the task. */
  readonly cacheBytes?: number
}

/** What is kept beside the stores: written in each commit's batch, so it tells the truth about that batch. */
interface Head {
  /** Number of the last commit. */
  readonly commit: number
  readonly positions: Readonly<Record<string, number>>
  readonly note?: string
  /** Each store keeps its number, and so its place in the storage, for as long as the directory lives. */
  readonly numbers: Readonly<Record<string, number>>
}

const HEAD = Buffer.of(0, 0)
const MARKERS = Buffer.of(0, 1)
const FIRST_NUMBER = 16
const DEFAULT_CACHE_BYTES = 16 << 20

/**
 * Opens a task's stores. Each commit leaves a numbered marker; a gap among them means that the storage lost a commit
 * without saying so. Throws `StateCorruptedError`.
 */
export async function openTaskState(options: TaskStateOptions): Promise<TaskState> {
  const { storage, stores } = options
  const head = readHead(storage)
  const markers = await CommitMarkers.open(storage, MARKERS, head.commit)
  const numbers: Record<string, number> = { ...head.numbers }
  let next = Math.max(FIRST_NUMBER - 1, ...Object.values(numbers)) + 1
  const opened: OpenedStore[] = []
  for (const spec of stores) {
    const isNew = !spec.persistent || head.numbers[spec.name] === undefined
    const number = (numbers[spec.name] ??= next++)
    const prefix = Buffer.allocUnsafe(2)
    prefix.writeUInt16BE(number)
    const cacheBytes = (options.cacheBytes ?? DEFAULT_CACHE_BYTES) / stores.length
    const memory = spec.persistent ? undefined : new MemoryStorage()
    const engine = engineOf(spec, { storage: memory ?? storage, prefix, isNew, cacheBytes })
    await engine.load()
    opened.push({ name: spec.name, engine, memory })
  }
  return new StoredTaskState(storage, opened, markers, { ...head, numbers })
}

interface OpenedStore {
  readonly name: string
  readonly engine: StoreEngine
  /** Where the rows are of a store that is not persistent. */
  readonly memory: MemoryStorage | undefined
}

class StoredTaskState implements TaskState {
  readonly storeNames: readonly string[]
  readonly #storage: OrderedStorage
  readonly #stores: ReadonlyMap<string, OpenedStore>
  readonly #engines: readonly StoreEngine[]
  readonly #markers: CommitMarkers
  /** Of the stores in memory: gone with them. */
  readonly #passingPositions = new Map<string, number>()
  #head: Head
  /** Written with the next commit. */
  #collected: TaskBatch | undefined
  #writing: Promise<void> | undefined
  #failed: unknown

  constructor(storage: OrderedStorage, stores: readonly OpenedStore[], markers: CommitMarkers, head: Head) {
    this.#storage = storage
    this.#stores = new Map(stores.map((store) => [store.name, store]))
    this.#engines = stores.map(({ engine }) => engine)
    this.storeNames = stores.map(({ name }) => name)
    this.#markers = markers
    this.#head = head
  }

  store(name: string): StateStore {
    return this.#opened(name).engine.store
  }

  committed(name: string): CommittedReads {
    return this.#opened(name).engine.committed
  }

  position(store: string): number | undefined {
    return this.#passingPositions.get(store) ?? this.#head.positions[store]
  }

  get note(): string | undefined {
    return this.#head.note
  }

  get dirtyRows(): number {
    let sum = 0
    for (const engine of this.#engines) sum += engine.dirtyRows
    return sum
  }

  collectChanges(sink: ChangeSink): void {
    this.#collected = this.#collect(sink)
  }

  async commit(positions: ReadonlyMap<string, number>, note?: string): Promise<void> {
    this.#checkUsable()
    const batch = this.#collected ?? this.#collect(NO_CHANGELOG)
    this.#collected = undefined
    for (const engine of this.#engines) engine.commit()
    await this.#write(batch, positions, note)
  }

  abort(): void {
    this.#collected?.discard()
    this.#collected = undefined
    for (const engine of this.#engines) engine.abort()
  }

  async restore(name: string, records: ChangelogCursor, nextPosition: number): Promise<void> {
    this.#checkUsable()
    const store = this.#opened(name)
    const batch = new TaskBatch(this.#storage)
    store.engine.restore(records, batch.of(store.memory))
    await this.#write(batch, new Map([[name, nextPosition]]), undefined)
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined) // whoever wrote hears of it
    await this.#storage.close()
  }

  #opened(name: string): OpenedStore {
    const store = this.#stores.get(name)
    if (store === undefined) throw new RangeError(`No store "${name}" in this task: it has ${this.storeNames.join(', ') || 'none'}`)
    return store
  }

  #collect(sink: ChangeSink): TaskBatch {
    const batch = new TaskBatch(this.#storage)
    for (const { engine, memory } of this.#stores.values()) engine.collectChanges(sink, batch.of(memory))
    return batch
  }

  #write(batch: TaskBatch, positions: ReadonlyMap<string, number>, note: string | undefined): Promise<void> {
    this.#writing = this.#land(batch, positions, note).finally(() => (this.#writing = undefined))
    return this.#writing
  }

  async #land(batch: TaskBatch, positions: ReadonlyMap<string, number>, note: string | undefined): Promise<void> {
    const rows = batch.of(undefined)
    const head = this.#headWith(this.#markers.mark(rows), positions, note)
    rows.put(HEAD, Buffer.from(JSON.stringify(head), 'utf8'))
    try {
      await batch.write()
      this.#head = head
      for (const engine of this.#engines) {
        const more = engine.written()
        if (more !== undefined) await more
      }
    } catch (error) {
      this.#failed = error
      throw error
    }
  }

  #headWith(commit: number, positions: ReadonlyMap<string, number>, note: string | undefined): Head {
    const kept = { ...this.#head.positions }
    for (const [name, position] of positions) {
      if (this.#stores.get(name)?.memory === undefined) kept[name] = position
      else this.#passingPositions.set(name, position)
    }
    return { ...this.#head, commit, positions: kept, ...(note === undefined ? {} : { note }) }
  }

  #checkUsable(): void {
    if (this.#writing !== undefined) throw new StateWriteError('A write to the stores is under way: wait for it.')
    if (this.#failed !== undefined) throw new StateWriteError('A write to the stores failed: open them again.', { cause: this.#failed })
  }
}

function readHead(storage: OrderedStorage): Head {
  const stored = storage.get(HEAD)
  return stored === undefined ? { commit: 0, positions: {}, numbers: {} } : (JSON.parse(asBuffer(stored).toString('utf8')) as Head)
}

function engineOf(spec: StoreSpec, context: EngineContext): StoreEngine {
  switch (spec.kind) {
    case 'keyValue':
      return new KeyValueEngine(spec, context)
    case 'window':
      return new WindowEngine(spec, context)
    case 'versioned':
      return new VersionedEngine(spec, context)
    case 'timeOrdered':
      return new TimeOrderedEngine(spec, context)
    default:
      return spec satisfies never
  }
}
