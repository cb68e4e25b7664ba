import type { ChangelogCursor, TaskState } from '../../../state/index.ts'
import {
  OffsetOutOfRangeError,
  partitionName,
  RetriableBrokerError,
  type FetchedPartition,
  type FetchPartition,
  type Fetcher,
  type RecordBatch,
  type TopicPartition,
} from '../../broker/index.ts'
import { TaskCorruptedError } from '../../errors.ts'
import type { Timers } from '../../ports.ts'

const FETCH_BYTES = 4 << 20
/** Rows are written in portions of this size, so that the objects made for them become garbage while they are young. */
const WRITE_BYTES = 256 << 10
/** A fetch that finds records returns at once. */
const FETCH_WAIT_MS = 500
const LEADER_RETRY_MS = 50
const NO_KEY = new Uint8Array(0)

export interface Restore {
  readonly fetcher: Fetcher
  readonly state: TaskState
  readonly store: string
  readonly changelog: TopicPartition
  /** First offset that is not in the store. */
  readonly from: number
  /** What was fetched from that offset already. */
  readonly first: FetchedPartition | undefined
  /** End of what was committed when the restore began. */
  readonly end: number
  /** The end of the committed records as the changelog's leader reports it now. */
  latest(): Promise<number>
  readonly timers: Timers
  /** Aborted when the task is revoked. */
  readonly signal: AbortSignal
}

export type Tail = Pick<Restore, 'store' | 'changelog' | 'from' | 'end'>

/** The first parts of several tails, in one request (DECISIONS 77). Throws `TaskCorruptedError` when a changelog no longer holds a tail's first offset, or ends before it. */
export async function fetchFirstParts(fetcher: Fetcher, tails: readonly Tail[]): Promise<readonly FetchedPartition[]> {
  for (const { store, changelog, from, end } of tails) {
    if (from <= end) continue
    const message = `Store ${store} is at ${partitionName(changelog)}@${from} and is ahead of its changelog, which ends at ${end}.`
    throw new TaskCorruptedError(message, { reason: 'ahead-of-changelog' })
  }
  return fetchParts(
    fetcher,
    tails.map(({ changelog, from }) => ({ ...changelog, offset: from })),
  )
}

/**
 * Replays the tail of a changelog partition; the next part is fetched while one is written. Resolves with the number of records. Throws
 * `TaskCorruptedError` when the changelog no longer holds the next part, `RetriableBrokerError` when a fetch returns nothing before the
 * end, and the signal's reason when it is aborted.
 */
export async function restoreStore(restore: Restore): Promise<number> {
  const { state, store, from, first, end } = restore
  let offset = from
  let restored = 0
  let fetching: FetchedPartition | Promise<FetchedPartition> | undefined = first ?? nextPart(restore, offset)
  while (fetching !== undefined) {
    const fetched: FetchedPartition = await fetching
    fetching = fetched.nextOffset < end ? nextPart(restore, fetched.nextOffset) : undefined
    await Promise.all([writeParts({ state, store, offset, fetched }), fetching])
    restored += fetched.batches.reduce((sum, batch) => sum + batch.recordCount, 0)
    offset = fetched.nextOffset
  }
  return restored
}

interface Part {
  readonly state: TaskState
  readonly store: string
  /** The store holds everything before it. */
  readonly offset: number
  readonly fetched: FetchedPartition
}

async function writeParts({ state, store, offset, fetched: { batches, nextOffset } }: Part): Promise<void> {
  let part: RecordBatch[] = []
  let bytes = 0
  for (const batch of batches) {
    part.push(batch)
    bytes += batch.sizeInBytes
    if (bytes < WRITE_BYTES) continue
    await state.restore(store, new RecordsFrom(part, offset), batch.lastOffset + 1)
    part = []
    bytes = 0
  }
  await state.restore(store, new RecordsFrom(part, offset), nextOffset)
}

/**
 * A newly elected leader may for a moment serve less than its predecessor did. Its end is then smaller too, so the fetch is repeated until the end
 * has been reached (DECISIONS 60).
 */
async function nextPart({ fetcher, changelog, end, latest, timers, signal }: Restore, offset: number): Promise<FetchedPartition> {
  for (let reachesEnd = false; ;) {
    const [fetched] = await fetchParts(fetcher, [{ ...changelog, offset }])
    signal.throwIfAborted()
    if (fetched !== undefined) return fetched
    if (reachesEnd)
      throw new RetriableBrokerError(`A fetch of ${partitionName(changelog)}@${offset} returned nothing before its end ${end}.`)
    reachesEnd = (await latest()) >= end
    if (!reachesEnd) await timers.sleep(LEADER_RETRY_MS, signal)
  }
}

async function fetchParts(fetcher: Fetcher, partitions: readonly FetchPartition[]): Promise<readonly FetchedPartition[]> {
  try {
    return await fetcher.fetch(
      partitions.map((partition) => ({ ...partition, maxBytes: FETCH_BYTES })),
      { maxWaitMs: FETCH_WAIT_MS, maxBytes: FETCH_BYTES },
    )
  } catch (error) {
    if (!(error instanceof OffsetOutOfRangeError)) throw error
    const tails = partitions.map((partition) => `${partitionName(partition)}@${partition.offset}`).join(', ')
    throw new TaskCorruptedError(`A changelog no longer holds what the store lacks: ${tails}.`, {
      reason: 'changelog-truncated',
      cause: error,
    })
  }
}

/** The records of batches, starting at an offset. */
class RecordsFrom implements ChangelogCursor {
  readonly #batches: Iterator<RecordBatch>
  readonly #offset: number
  #batch: RecordBatch | undefined
  key: Uint8Array = NO_KEY

  constructor(batches: readonly RecordBatch[], offset: number) {
    this.#batches = batches.values()
    this.#offset = offset
    this.#batch = this.#nextBatch()
  }

  get value(): Uint8Array | null {
    return this.#batch?.value ?? null
  }

  get timestamp(): number {
    return this.#batch?.timestamp ?? 0
  }

  next(): boolean {
    for (; this.#batch !== undefined; this.#batch = this.#nextBatch()) {
      while (this.#batch.next()) {
        if (this.#batch.offset < this.#offset) continue
        const { key } = this.#batch
        if (key === null) continue
        this.key = key
        return true
      }
    }
    return false
  }

  #nextBatch(): RecordBatch | undefined {
    const { done, value } = this.#batches.next()
    return done ? undefined : value
  }
}
