import { addAll, type OrderedStorage, type StorageOperation } from '../../../state/index.ts'
import { FatalBrokerError } from '../errors.ts'
import { markerRow, WRITE_MARKER, rangeOf } from './keys.ts'

/** The markers of this many newest writes are kept. */
const MARKERS_KEPT = 1024

interface Entry {
  readonly operations: readonly StorageOperation[]
  readonly apply: () => void
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The only writer of the storage. Appends that arrive during a write share the next one (group commit): one atomic write, one fsync.
 * `apply` makes an append visible in memory once it is on disk; appends are applied in order of arrival.
 *
 * Each write adds a numbered marker and deletes an old one. A storage loses the rows of a damaged file silently; then a marker is
 * missing, or an old one is still present, and `openJournal` rejects the data.
 */
export class Journal {
  readonly #storage: OrderedStorage
  #sequence: number
  #queue: Entry[] = []
  #writing: Promise<void> | undefined
  #endReason: Error | undefined
  #onFailure: (reason: FatalBrokerError) => void = () => undefined
  /** Resolves with the reason when the data cannot be written any more, or cannot be trusted. */
  readonly failed = new Promise<FatalBrokerError>((resolve) => (this.#onFailure = resolve))

  constructor(storage: OrderedStorage, sequence: number) {
    this.#storage = storage
    this.#sequence = sequence
  }

  append(operations: readonly StorageOperation[], apply: () => void): Promise<void> {
    if (this.#endReason !== undefined) return Promise.reject(this.#endReason)
    return new Promise((resolve, reject) => {
      this.#queue.push({ operations, apply, resolve, reject })
      this.#writing ??= this.#drain()
    })
  }

  /** Writes what has arrived, then rejects further appends. */
  async close(reason: Error): Promise<void> {
    await this.#writing
    this.end(reason)
  }

  /** Rejects all appends, including those of a write in flight. */
  end(reason: Error): void {
    this.#endReason ??= reason
    for (const entry of this.#queue.splice(0)) entry.reject(this.#endReason)
  }

  /** As `end`, and tells `failed`: after a failed write it is unknown what is on disk. */
  fail(reason: FatalBrokerError): void {
    this.end(reason)
    this.#onFailure(reason)
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#queue
      this.#queue = []
      const failure = await this.#write(entries)
      for (const entry of entries) {
        if (failure !== undefined) entry.reject(failure)
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
      const detail = cause instanceof Error ? cause.message : String(cause)
      this.fail(
        new FatalBrokerError(
          `The embedded broker has stopped, because a write failed. ${detail} What it had acknowledged is stored: start again.`,
          { cause },
        ),
      )
    }
    return this.#endReason
  }
}

/** Throws `FatalBrokerError` when the storage lacks an earlier write. */
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
    `The data of the embedded broker is damaged: ${what} is missing. Nothing was changed; put a copy of the data directory back, or reset it to start empty.`,
  )
}
