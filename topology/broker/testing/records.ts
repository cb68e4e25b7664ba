import type { Broker, FetchedPartition, Producer, TopicPartition } from '../broker.ts'
import { createRecordBatchBuilder, type RecordBatch, type RecordBatchBuilder } from '../record-batch/index.ts'

/** A record in a form that is easy to assert on. */
export interface ReadRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

export function batchOf(...values: readonly string[]): RecordBatchBuilder {
  const builder = createRecordBatchBuilder()
  values.forEach((value, index) => builder.append(Buffer.from(`k${index}`), Buffer.from(value), 1000 + index))
  return builder
}

export function recordsOf(batch: RecordBatch): ReadRecord[] {
  const records: ReadRecord[] = []
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('utf8'))
  batch.rewind()
  while (batch.next()) records.push({ offset: batch.offset, timestamp: batch.timestamp, key: text(batch.key), value: text(batch.value) })
  return records
}

/** All committed records from an offset on. */
export async function readAll(broker: Broker, partition: TopicPartition, from = 0): Promise<ReadRecord[]> {
  const fetcher = broker.openFetcher()
  const records: ReadRecord[] = []
  try {
    for (let offset = from; ;) {
      const fetched: FetchedPartition | undefined = (await fetcher.fetch([{ ...partition, offset }], { maxWaitMs: 0 }))[0]
      if (fetched === undefined) return records
      for (const batch of fetched.batches) records.push(...recordsOf(batch).filter((record) => record.offset >= offset))
      offset = fetched.nextOffset
    }
  } finally {
    await fetcher.close()
  }
}

export async function valuesOf(broker: Broker, partition: TopicPartition): Promise<(string | null)[]> {
  return (await readAll(broker, partition)).map(({ value }) => value)
}

/** Commits a transaction with one batch. Returns the offset after its last record. */
export async function produce(producer: Producer, { topic, partition }: TopicPartition, ...values: readonly string[]): Promise<number> {
  await producer.send(topic, partition, batchOf(...values))
  const committed = await producer.commit()
  return committed[0]?.offset ?? -1
}
