import type { FetchPartition } from '../../broker.ts'
import type { KafkaRequest } from './request.ts'
import { byTopic } from '../../by-topic.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface PartitionResponse {
  readonly topic: string
  readonly partition: number
  readonly error: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Batches as stored in the log; the last one may be cut off. */
  readonly records: Buffer
}

export interface FetchBounds {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
}

const READ_COMMITTED = 1
const NO_SESSION = -1

/** Fetches with isolation level read_committed and without a fetch session (KIP-227). */
export function fetchRecords(
  partitions: readonly FetchPartition[],
  { maxWaitMs, maxBytes, maxPartitionBytes }: FetchBounds,
): KafkaRequest<{ readonly error: number; readonly partitions: readonly PartitionResponse[] }> {
  return {
    apiKey: 1,
    apiVersion: 11,
    name: 'Fetch',
    write: (writer) =>
      void writer
        .int32(-1)
        .int32(maxWaitMs)
        .int32(1)
        .int32(maxBytes)
        .int8(READ_COMMITTED)
        .int32(0)
        .int32(NO_SESSION)
        .array(byTopic(partitions), ([topic, partitionsOfTopic]) =>
          writer.string(topic).array(partitionsOfTopic, ({ partition, offset, maxBytes: bound }) =>
            writer
              .int32(partition)
              .int32(-1)
              .int64(offset)
              .int64(-1)
              .int32(bound ?? maxPartitionBytes),
          ),
        )
        .int32(0)
        .string(''),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      reader.int32()
      const answers = reader.array(() => {
        const topic = reader.text()
        return reader.array(() => {
          const [partition, partitionError] = [reader.int32(), reader.int16()]
          reader.int64()
          const [lastStableOffset, logStartOffset] = [reader.int64(), reader.int64()]
          const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
          reader.int32()
          return { topic, partition, error: partitionError, lastStableOffset, logStartOffset, aborted, records: reader.byteArray() }
        })
      })
      return { error, partitions: answers.flat() }
    },
  }
}
