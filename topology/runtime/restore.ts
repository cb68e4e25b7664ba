import type { ChangelogRecord, TaskState } from '../../state/index.ts'
import { OffsetOutOfRangeError, type Broker, type Fetcher, type RecordBatch } from '../broker/index.ts'
import { TaskCorruptedError } from './errors.ts'

const FETCH_BYTES = 4 << 20

/**
 * Replays a changelog partition into a store, from the store's position up to what is committed at the moment of the call.
 * Answers with the number of records. Throws `TaskCorruptedError` when the changelog does not hold that position any more.
 */
export async function restoreStore(
  broker: Broker,
  fetcher: Fetcher,
  state: TaskState,
  changelog: { readonly store: string; readonly topic: string; readonly partition: number },
): Promise<number> {
  const { store, topic, partition } = changelog
  const [earliest] = await broker.admin.listOffsets([{ topic, partition }], 'earliest')
  const [latest] = await broker.admin.listOffsets([{ topic, partition }], 'latest')
  const end = latest?.offset ?? 0
  let offset = state.position(store) ?? earliest?.offset ?? 0
  if (offset > end) throw new TaskCorruptedError(`Store ${store} is ahead of its changelog ${topic}-${partition}: ${offset} > ${end}`)
  let restored = 0
  while (offset < end) {
    try {
      const [fetched] = await fetcher.fetch([{ topic, partition, offset, maxBytes: FETCH_BYTES }], { maxWaitMs: 0, maxBytes: FETCH_BYTES })
      if (fetched === undefined) break
      const from = offset
      restored += fetched.batches.reduce((sum, batch) => sum + batch.recordCount, 0)
      await state.restore(store, records(fetched.batches, from), fetched.nextOffset)
      offset = fetched.nextOffset
    } catch (error) {
      if (error instanceof OffsetOutOfRangeError) {
        throw new TaskCorruptedError(`Changelog ${topic}-${partition} does not hold offset ${offset} any more`, { cause: error })
      }
      throw error
    }
  }
  return restored
}

function* records(batches: readonly RecordBatch[], from: number): Iterable<ChangelogRecord> {
  for (const batch of batches) {
    while (batch.next()) {
      if (batch.offset >= from && batch.key !== null) yield { key: batch.key, value: batch.value, timestamp: batch.timestamp }
    }
  }
}
