import { asBuffer } from './bytes.ts'
import { NO_CHANGELOG, NO_CHECK, type ChangelogCursor, type ChangeSink, type RowCheck } from './changelog.ts'
import { CommitMarkers } from './commit-markers.ts'
import type { CommittedReads } from './committed-reads.ts'
import { StateWriteError } from './errors.ts'
import { MemoryStorage } from './memory/index.ts'
import type { OrderedStorage } from './ordered-storage.ts'
import type { StoreSpec } from './store-spec.ts'
import type { StateStore } from './store.ts'
import { KeyValueEngine, TimeOrderedEngine, VersionedEngine, WindowEngine, type EngineContext, type StoreEngine } from './stores/index.ts'
import { TaskBatch } from './task-batch.ts'
import type { TaskState } from './task-state.ts'

export interface TaskStateOptions {
  readonly storage: OrderedStorage
  readonly stores: readonly StoreSpec[]
  /** Bytes of committed rows kept in memory over all stores of the task. */
  readonly cacheBytes?: number
  /** By name of the store. Default: every row is accepted. */
  readonly checkOf?: (store: string) => RowCheck | undefined
}

/** The head row, as JSON: written in each commit's batch, so that it always matches the rows. */
interface Head {
  /** Number of the last commit. */
  readonly commit: number
  readonly positions: Readonly<Record<string, number>>
  /** The checkpoint; the field's name is part of the format on disk. */
  readonly note?: string
  /** Number of each store, which is the prefix of its keys. A store keeps its number for the lifetime of the directory. */
  readonly numbers: Readonly<Record<string, number>>
}

const HEAD = Buffer.of(0, 0)
const MARKERS = Buffer.of(0, 1)
const FIRST_NUMBER = 16
const DEFAULT_CACHE_BYTES = 16 << 20

/** What a storage holds, before any store in it is opened. */
export interface StoredState {
  /** All stores that ever had rows in it. */
  readonly storeNames: readonly string[]
  readonly checkpoint: string | undefined
}

export function storedState(storage: OrderedStorage): StoredState {
  const { numbers, note } = readHead(storage)
  return { storeNames: Object.keys(numbers), checkpoint: note }
}

/** Opens a task's stores. Throws `StateCorruptedError` if the storage is damaged or lost a commit (see `CommitMarkers`). */
export async function openTaskState(options: TaskStateOptions): Promise<TaskState> {
  const { storage, stores, checkOf } = options
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
    const engine = engineOf(spec, { storage: memory ?? storage, prefix, isNew, cacheBytes, check: checkOf?.(spec.name) ?? NO_CHECK })
    await engine.load()
    opened.push({ name: spec.name, engine, memory })
  }
  return new StoredTaskState(storage, opened, markers, { ...head, numbers })
}

interface OpenedStore {
  readonly name: string
  readonly engine: StoreEngine
  /** Holds the rows of a store that is not persistent. */
  readonly memory: MemoryStorage | undefined
}

class StoredTaskState implements TaskState {
  readonly storeNames: readonly string[]
  readonly #storage: OrderedStorage
  readonly #stores: ReadonlyMap<string, OpenedStore>
  readonly #engines: readonly StoreEngine[]
  readonly #markers: CommitMarkers
  /** Positions of the stores in memory; they must not outlive the rows. */
  readonly #positionsInMemory = new Map<string, number>()
  #head: Head
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
    return this.#positionsInMemory.get(store) ?? this.#head.positions[store]
  }

  get checkpoint(): string | undefined {
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

  async commit(positions: ReadonlyMap<string, number>, checkpoint?: string): Promise<void> {
    this.#checkUsable()
    const batch = this.#collected ?? this.#collect(NO_CHANGELOG)
    this.#collected = undefined
    for (const engine of this.#engines) engine.commit()
    await this.#write(batch, positions, checkpoint)
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
    store.engine.restore(records, batch.forStore(store.memory))
    await this.#write(batch, new Map([[name, nextPosition]]), undefined)
  }

  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined) // the caller of commit or restore gets the error
    await this.#storage.close()
  }

  #opened(name: string): OpenedStore {
    const store = this.#stores.get(name)
    if (store === undefined) throw new RangeError(`The task has no store "${name}". It has: ${this.storeNames.join(', ') || 'none'}.`)
    return store
  }

  #collect(sink: ChangeSink): TaskBatch {
    const batch = new TaskBatch(this.#storage)
    for (const { engine, memory } of this.#stores.values()) engine.collectChanges(sink, batch.forStore(memory))
    return batch
  }

  #write(batch: TaskBatch, positions: ReadonlyMap<string, number>, checkpoint: string | undefined): Promise<void> {
    this.#writing = this.#writeBatch(batch, positions, checkpoint).finally(() => (this.#writing = undefined))
    return this.#writing
  }

  async #writeBatch(batch: TaskBatch, positions: ReadonlyMap<string, number>, checkpoint: string | undefined): Promise<void> {
    const persistent = batch.forStore(undefined)
    const head = this.#headWith(this.#markers.mark(persistent), positions, checkpoint)
    persistent.put(HEAD, Buffer.from(JSON.stringify(head), 'utf8'))
    try {
      await batch.write()
      this.#head = head
      for (const engine of this.#engines) {
        const cleanup = engine.written()
        if (cleanup !== undefined) await cleanup
      }
    } catch (error) {
      this.#failed = error
      throw error
    }
  }

  #headWith(commit: number, positions: ReadonlyMap<string, number>, checkpoint: string | undefined): Head {
    const persistent = { ...this.#head.positions }
    for (const [name, position] of positions) {
      if (this.#stores.get(name)?.memory === undefined) persistent[name] = position
      else this.#positionsInMemory.set(name, position)
    }
    return { ...this.#head, commit, positions: persistent, ...(checkpoint === undefined ? {} : { note: checkpoint }) }
  }

  #checkUsable(): void {
    if (this.#writing !== undefined) throw new StateWriteError('A write to the stores is still running. Await it before the next one.')
    if (this.#failed !== undefined) throw new StateWriteError('A write to the stores failed. Open them again.', { cause: this.#failed })
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
