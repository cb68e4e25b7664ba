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

/** Names its topic by the id too, which another topic of the same name does not have. */
export interface IdentifiedPartition extends FetchPartition {
  readonly topicId: string
}

/** Fetches by topic id (KIP-516), with isolation level read_committed and without a fetch session (KIP-227). */
export function fetchRecords(
  partitions: readonly IdentifiedPartition[],
  { maxWaitMs, maxBytes, maxPartitionBytes }: FetchBounds,
): KafkaRequest<{ readonly error: number; readonly partitions: readonly PartitionResponse[] }> {
  const names = new Map(partitions.map(({ topicId, topic }) => [topicId, topic]))
  return {
    apiKey: 1,
    apiVersion: 13,
    name: 'Fetch',
    flexible: true,
    write: (writer) =>
      void writer
        .int32(-1)
        .int32(maxWaitMs)
        .int32(1)
        .int32(maxBytes)
        .int8(READ_COMMITTED)
        .int32(0)
        .int32(NO_SESSION)
        .compactArray(byTopic(partitions), ([, partitionsOfTopic]) =>
          writer
            .uuid(partitionsOfTopic[0]?.topicId ?? '')
            .compactArray(partitionsOfTopic, ({ partition, offset, maxBytes: bound }) =>
              writer
                .int32(partition)
                .int32(-1)
                .int64(offset)
                .int32(-1)
                .int64(-1)
                .int32(bound ?? maxPartitionBytes)
                .noTags(),
            )
            .noTags(),
        )
        .compactArray([], () => undefined)
        .compactString('')
        .noTags(),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      reader.int32()
      const answers = reader.compactArray(() => {
        const topic = names.get(reader.uuid()) ?? ''
        const found = reader.compactArray(() => {
          const [partition, partitionError] = [reader.int32(), reader.int16()]
          reader.int64()
          const [lastStableOffset, logStartOffset] = [reader.int64(), reader.int64()]
          const aborted = reader.compactArray(() => {
            const transaction = { producerId: reader.int64(), firstOffset: reader.int64() }
            reader.skipTags()
            return transaction
          })
          reader.int32()
          const records = reader.compactBytes()
          reader.skipTags()
          return { topic, partition, error: partitionError, lastStableOffset, logStartOffset, aborted, records }
        })
        reader.skipTags()
        return found
      })
      return { error, partitions: answers.flat() }
    },
  }
}
