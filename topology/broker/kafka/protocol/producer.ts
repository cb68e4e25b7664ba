import type { OffsetAndMetadata, TopicPartition } from '../../broker.ts'
import type { KafkaRequest } from './request.ts'
import { byTopic } from '../../by-topic.ts'
import type { NamedMember } from './groups.ts'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface SealedPartition extends TopicPartition {
  readonly bytes: Buffer
}

export interface ProducedPartition extends TopicPartition {
  readonly error: number
  /** What the broker says beside the code. */
  readonly message: string | null
  readonly baseOffset: number
}

/** Upper bound of what a Produce request needs besides names and batches, for itself and for each batch. */
const OVERHEAD_BYTES = 100
/** Brokers close the connection on a request of more than 100 MiB (`socket.request.max.bytes`); this leaves room for the names in it. */
export const LARGEST_BATCH_BYTES = (100 << 20) - (64 << 10)
const ACKS_ALL = -1
const TIMEOUT_MS = 30_000
/** Short, because all brokers get this request and a frozen one must not delay the result. */
const LIST_TIMEOUT_MS = 5_000

export function initProducerId(transactionalId: string, timeoutMs: number): KafkaRequest<ProducerIdentity & { readonly error: number }> {
  return {
    apiKey: 22,
    apiVersion: 1,
    name: 'InitProducerId',
    write: (writer) => void writer.string(transactionalId).int32(timeoutMs),
    read: (reader) => {
      reader.int32()
      return { error: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() }
    },
  }
}

/** From version 12 on the leader adds the partition to the transaction (KIP-890), so the client sends no AddPartitionsToTxn. */
export function produce(
  transactionalId: string | null,
  partitions: readonly SealedPartition[],
): KafkaRequest<readonly ProducedPartition[]> {
  return {
    apiKey: 0,
    apiVersion: 12,
    name: 'Produce',
    flexible: true,
    sizeInBytes: partitions.reduce((sum, { topic, bytes }) => sum + topic.length + bytes.length + OVERHEAD_BYTES, OVERHEAD_BYTES),
    write: (writer) =>
      void writer
        .compactString(transactionalId)
        .int16(ACKS_ALL)
        .int32(TIMEOUT_MS)
        .compactArray(byTopic(partitions), ([topic, partitionsOfTopic]) =>
          writer
            .compactString(topic)
            .compactArray(partitionsOfTopic, ({ partition, bytes }) =>
              writer
                .int32(partition)
                .uvarint(bytes.length + 1)
                .raw(bytes)
                .noTags(),
            )
            .noTags(),
        )
        .noTags(),
    read: (reader) => {
      return reader
        .compactArray(() => {
          const topic = reader.compactString() ?? ''
          const found = reader.compactArray(() => {
            const head = { topic, partition: reader.int32(), error: reader.int16(), baseOffset: reader.int64() }
            reader.int64()
            reader.int64()
            reader.compactArray(() => [reader.int32(), reader.compactString(), reader.skipTags()])
            const message = reader.compactString()
            reader.skipTags()
            return { ...head, message }
          })
          reader.skipTags()
          return found
        })
        .flat()
    },
  }
}

/** Goes to the group coordinator, which checks member and generation (KIP-447). The response is reduced to its first error. */
export function txnOffsetCommit(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  { groupId, memberId, generation, instanceId }: NamedMember,
  offsets: readonly OffsetAndMetadata[],
): KafkaRequest<number> {
  return {
    apiKey: 28,
    apiVersion: 5,
    name: 'TxnOffsetCommit',
    flexible: true,
    write: (writer) =>
      void writer
        .compactString(transactionalId)
        .compactString(groupId)
        .int64(producerId)
        .int16(producerEpoch)
        .int32(generation)
        .compactString(memberId)
        .compactString(instanceId)
        .compactArray(byTopic(offsets), ([topic, partitionsOfTopic]) =>
          writer
            .compactString(topic)
            .compactArray(partitionsOfTopic, ({ partition, offset, metadata }) =>
              writer
                .int32(partition)
                .int64(offset)
                .int32(-1)
                .compactString(metadata ?? null)
                .noTags(),
            )
            .noTags(),
        )
        .noTags(),
    read: (reader) => {
      reader.int32()
      const errors = reader
        .compactArray(() => {
          reader.compactString()
          const found = reader.compactArray(() => {
            reader.int32()
            const error = reader.int16()
            reader.skipTags()
            return error
          })
          reader.skipTags()
          return found
        })
        .flat()
      return errors.find((error) => error !== 0) ?? 0
    },
  }
}

/** The response has the identity for the next transaction: the epoch is raised at each end (KIP-890). */
export function endTransaction(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  commit: boolean,
): KafkaRequest<ProducerIdentity & { readonly error: number }> {
  return {
    apiKey: 26,
    apiVersion: 5,
    name: 'EndTxn',
    flexible: true,
    write: (writer) => void writer.compactString(transactionalId).int64(producerId).int16(producerEpoch).boolean(commit).noTags(),
    read: (reader) => {
      reader.int32()
      return { error: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() }
    },
  }
}

/** Lists ongoing transactions that the receiving broker coordinates and this client may describe. */
export function listOpenTransactions(): KafkaRequest<{ readonly error: number; readonly transactionalIds: readonly string[] }> {
  return {
    apiKey: 66,
    apiVersion: 0,
    name: 'ListTransactions',
    flexible: true,
    timeoutMs: LIST_TIMEOUT_MS,
    write: (writer) =>
      void writer
        .compactArray(['Ongoing'], (state) => writer.compactString(state))
        .compactArray<number>([], (producerId) => writer.int64(producerId))
        .noTags(),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      reader.compactArray(() => reader.compactString())
      const transactionalIds = reader.compactArray(() => {
        const id = reader.compactString() ?? ''
        reader.int64()
        reader.compactString()
        reader.skipTags()
        return id
      })
      return { error, transactionalIds }
    },
  }
}
