import { addAll, type OrderedStorage, type StorageOperation } from '../../../state/index.ts'
import { FatalBrokerError } from '../errors.ts'
import { markerRow, WRITE_MARKER, rangeOf } from './keys.ts'

/** Markers of this many latest writes are kept. */
const MARKERS_KEPT = 1024

interface Entry {
  readonly operations: readonly StorageOperation[]
  readonly apply: () => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The one way of changing the storage. What arrives while a write is under way shares the next one (group commit): one wait
 * for the disk, all or nothing. `apply` makes the effect visible in memory, in the order of arrival, once it is on disk.
 *
 * Each write leaves a numbered marker and takes away an old one. Storages lose rows of a damaged file without telling;
 * then a marker is missing, or an old one is still there, and `openJournal` refuses the data.
 */
export class Journal {
  readonly #storage: OrderedStorage
  #sequence: number
  #queue: Entry[] = []
  #writing: Promise<void> | undefined
  #ended: Error | undefined

  constructor(storage: OrderedStorage, sequence: number) {
    this.#storage = storage
    this.#sequence = sequence
  }

  append(operations: readonly StorageOperation[], apply: () => void): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#queue.push({ operations, apply, resolve, reject })
      this.#writing ??= this.#drain()
    })
  }

  /** Lets what has arrived get to the disk and takes nothing more. */
  async close(reason: Error): Promise<void> {
    await this.#writing
    this.end(reason)
  }

  /** Drops what has not been written; of a write under way nobody hears. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const entry of this.#queue.splice(0)) entry.reject(this.#ended)
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#queue
      this.#queue = []
      const ended = await this.#write(entries)
      for (const entry of entries) {
        if (ended !== undefined) entry.reject(ended)
        else {
          entry.apply()
          entry.resolve()
        }
      }
    }
    this.#writing = undefined
  }

  async #write(entries: readonly Entry[]): Promise<Error | undefined> {
    const sequence = ++this.#sequence
    try {
      const batch = this.#storage.batch()
      batch.put(markerRow(sequence), Buffer.alloc(1))
      if (sequence > MARKERS_KEPT) batch.delete(markerRow(sequence - MARKERS_KEPT))
      for (const { operations } of entries) addAll(batch, operations)
      await batch.write({ sync: true })
    } catch (cause) {
      this.end(
        new FatalBrokerError('The storage of the embedded broker did not take a write: look at disk space, then start again.', { cause }),
      )
    }
    return this.#ended
  }
}

/** Throws `FatalBrokerError` when writes are missing from the storage. */
export async function openJournal(storage: OrderedStorage): Promise<Journal> {
  let first: number | undefined
  let last = 0
  for await (const { key } of storage.scan(rangeOf(WRITE_MARKER))) {
    const sequence = Number(Buffer.from(key).readBigUInt64BE(1))
    if (first === undefined) last = (first = sequence) - 1
    if (sequence !== last + 1) throw missing(`write ${last + 1}`)
    last = sequence
  }
  if (last > 0 && first !== Math.max(1, last - MARKERS_KEPT + 1)) throw missing(`a write before ${last}`)
  return new Journal(storage, last)
}

function missing(what: string): FatalBrokerError {
  return new FatalBrokerError(
    `The broker's data is damaged: ${what} is missing. Nothing was changed; put a copy of the data directory back, or reset it to start empty.`,
  )
}
