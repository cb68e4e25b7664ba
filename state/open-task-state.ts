import { asBuffer } from './bytes.ts'
import { CommitMarkers } from './commit-markers.ts'
import type { OrderedStorage, StorageOperation } from './ordered-storage.ts'
import type { StateStore } from './store.ts'
import type { StoreSpec } from './store-spec.ts'
import type { CommittedReads, EngineContext, StoreEngine } from './stores/engine.ts'
import { KeyValueEngine } from './stores/key-value-engine.ts'
import { TimeOrderedEngine } from './stores/time-ordered-engine.ts'
import { VersionedEngine } from './stores/versioned-engine.ts'
import { WindowEngine } from './stores/window-engine.ts'
import type { ChangelogRecord, ChangeSink, TaskState } from './task-state.ts'

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
  const engines = new Map<string, StoreEngine>()
  for (const spec of stores) {
    const isNew = head.numbers[spec.name] === undefined
    const number = (numbers[spec.name] ??= next++)
    const prefix = Buffer.allocUnsafe(2)
    prefix.writeUInt16BE(number)
    const cacheBytes = (options.cacheBytes ?? DEFAULT_CACHE_BYTES) / stores.length
    const engine = engineOf(spec, { storage, prefix, isNew, cacheBytes })
    await engine.load()
    engines.set(spec.name, engine)
  }
  return new StoredTaskState(storage, engines, markers, { ...head, numbers })
}

class StoredTaskState implements TaskState {
  readonly storeNames: readonly string[]
  readonly #storage: OrderedStorage
  readonly #engines: ReadonlyMap<string, StoreEngine>
  readonly #all: readonly StoreEngine[]
  readonly #markers: CommitMarkers
  #head: Head
  #writing: Promise<void> = Promise.resolve()

  constructor(storage: OrderedStorage, engines: ReadonlyMap<string, StoreEngine>, markers: CommitMarkers, head: Head) {
    this.#storage = storage
    this.#engines = engines
    this.#all = [...engines.values()]
    this.storeNames = [...engines.keys()]
    this.#markers = markers
    this.#head = head
  }

  store(name: string): StateStore {
    return this.#engine(name).store
  }

  committed(name: string): CommittedReads {
    return this.#engine(name).committed
  }

  position(store: string): number | undefined {
    return this.#head.positions[store]
  }

  get note(): string | undefined {
    return this.#head.note
  }

  get dirtyRows(): number {
    return this.#all.reduce((sum, engine) => sum + engine.dirtyRows, 0)
  }

  get dirtyBytes(): number {
    return this.#all.reduce((sum, engine) => sum + engine.dirtyBytes, 0)
  }

  collectChanges(sink: ChangeSink): void {
    for (const engine of this.#all) engine.collectChanges(sink)
  }

  async commit(positions: ReadonlyMap<string, number>, note?: string): Promise<void> {
    await this.#writing
    const batch: StorageOperation[] = []
    for (const engine of this.#all) engine.commit(batch)
    await this.#write(batch, positions, note)
  }

  abort(): void {
    for (const engine of this.#all) engine.abort()
  }

  async restore(store: string, records: Iterable<ChangelogRecord>, nextPosition: number): Promise<void> {
    await this.#writing
    const batch: StorageOperation[] = []
    this.#engine(store).restore(records, batch)
    await this.#write(batch, new Map([[store, nextPosition]]), this.#head.note)
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#storage.close()
  }

  #engine(name: string): StoreEngine {
    const engine = this.#engines.get(name)
    if (engine === undefined) throw new RangeError(`No store "${name}" in this task: it has ${this.storeNames.join(', ') || 'none'}`)
    return engine
  }

  async #write(batch: StorageOperation[], positions: ReadonlyMap<string, number>, note: string | undefined): Promise<void> {
    const commit = this.#markers.mark(batch)
    const { note: former, ...head } = this.#head
    const kept = note ?? former
    this.#head = {
      ...head,
      commit,
      positions: { ...head.positions, ...Object.fromEntries(positions) },
      ...(kept === undefined ? {} : { note: kept }),
    }
    batch.push({ key: HEAD, value: Buffer.from(JSON.stringify(this.#head), 'utf8') })
    this.#writing = this.#storage.write(batch)
    await this.#writing
    for (const engine of this.#all) await engine.written()
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
