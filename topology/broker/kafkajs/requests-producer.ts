import type { PartitionOffset, TopicPartition } from '../broker.ts'
import type { KafkaRequest } from './link.ts'
import { byTopic, type NamedMember } from './requests-groups.ts'

/** Requests of a producer. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export interface SealedPartition extends TopicPartition {
  readonly bytes: Buffer
}

const ALL_IN_SYNC = -1
const TIMEOUT_MS = 30_000
const UNKNOWN = -1

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

export function produce(
  transactionalId: string | null,
  { topic, partition, bytes }: SealedPartition,
): KafkaRequest<{ readonly error: number; readonly baseOffset: number }> {
  return {
    apiKey: 0,
    apiVersion: 7,
    name: 'Produce',
    write: (writer) =>
      void writer
        .string(transactionalId)
        .int16(ALL_IN_SYNC)
        .int32(TIMEOUT_MS)
        .array([topic], (name) => writer.string(name).array([partition], (index) => writer.int32(index).byteArray(bytes))),
    read: (reader) => {
      const [answer] = reader
        .array(() => {
          reader.string()
          return reader.array(() => {
            reader.int32()
            const found = { error: reader.int16(), baseOffset: reader.int64() }
            reader.int64()
            reader.int64()
            return found
          })
        })
        .flat()
      return answer ?? { error: UNKNOWN, baseOffset: -1 }
    },
  }
}

/** Answers with the first error. */
export function addPartitions(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  partitions: readonly TopicPartition[],
): KafkaRequest<number> {
  return {
    apiKey: 24,
    apiVersion: 1,
    name: 'AddPartitionsToTxn',
    write: (writer) =>
      void writer
        .string(transactionalId)
        .int64(producerId)
        .int16(producerEpoch)
        .array(byTopic(partitions), ([topic, of]) => writer.string(topic).array(of, ({ partition }) => writer.int32(partition))),
    read: (reader) => {
      reader.int32()
      const errors = reader
        .array(() => {
          reader.string()
          return reader.array(() => {
            reader.int32()
            return reader.int16()
          })
        })
        .flat()
      return errors.find((error) => error !== 0 && error !== NOT_ATTEMPTED) ?? errors.find((error) => error !== 0) ?? 0
    },
  }
}

/** Another partition of the same request was refused. */
const NOT_ATTEMPTED = 55

export function addOffsets(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  groupId: string,
): KafkaRequest<number> {
  return {
    apiKey: 25,
    apiVersion: 1,
    name: 'AddOffsetsToTxn',
    write: (writer) => void writer.string(transactionalId).int64(producerId).int16(producerEpoch).string(groupId),
    read: (reader) => {
      reader.int32()
      return reader.int16()
    },
  }
}

/** Goes to the group's coordinator, which checks member and generation. Answers with the first error. */
export function txnOffsetCommit(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  { groupId, memberId, generation, instanceId }: NamedMember,
  offsets: readonly PartitionOffset[],
): KafkaRequest<number> {
  return {
    apiKey: 28,
    apiVersion: 3,
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
        .compactArray(byTopic(offsets), ([topic, of]) =>
          writer
            .compactString(topic)
            .compactArray(of, ({ partition, offset }) => writer.int32(partition).int64(offset).int32(-1).compactString(null).noTags())
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

export function endTransaction(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerIdentity,
  commit: boolean,
): KafkaRequest<number> {
  return {
    apiKey: 26,
    apiVersion: 1,
    name: 'EndTxn',
    write: (writer) => void writer.string(transactionalId).int64(producerId).int16(producerEpoch).boolean(commit),
    read: (reader) => {
      reader.int32()
      return reader.int16()
    },
  }
}
