import type { GroupMember, JoinRequest, OffsetAndMetadata, TopicPartition } from '../../broker.ts'
import { byTopic } from '../../by-topic.ts'
import type { KafkaRequest } from './request.ts'

/** A member with its `group.instance.id`, null for a dynamic member (KIP-345). */
export interface NamedMember extends GroupMember {
  readonly instanceId: string | null
}

export interface JoinedGroup {
  readonly error: number
  readonly generation: number
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null; readonly metadata: Buffer }[]
}

export function joinGroup({
  groupId,
  memberId,
  instanceId,
  protocol,
  metadata,
  sessionTimeoutMs,
  rebalanceTimeoutMs,
}: JoinRequest): KafkaRequest<JoinedGroup> {
  return {
    apiKey: 11,
    apiVersion: 5,
    name: 'JoinGroup',
    write: (writer) =>
      void writer
        .string(groupId)
        .int32(sessionTimeoutMs)
        .int32(rebalanceTimeoutMs)
        .string(memberId)
        .string(instanceId ?? null)
        .string(protocol.type)
        .array([protocol.name], (name) => writer.string(name).byteArray(metadata)),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      const generation = reader.int32()
      reader.string()
      const leaderId = reader.text()
      const joined = reader.text()
      const members = reader.array(() => ({
        memberId: reader.text(),
        instanceId: reader.string(),
        metadata: Buffer.from(reader.byteArray()),
      }))
      return { error, generation, leaderId, memberId: joined, members }
    },
  }
}

export interface DescribedGroup {
  readonly error: number
  /** Kafka's name of the state, e.g. `Stable` or `PreparingRebalance`. */
  readonly state: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly metadata: Buffer
    readonly assignment: Buffer
  }[]
}

export function describeGroup(groupId: string): KafkaRequest<DescribedGroup> {
  return {
    apiKey: 15,
    apiVersion: 4,
    name: 'DescribeGroups',
    write: (writer) => void writer.array([groupId], (id) => writer.string(id)).boolean(false),
    read: (reader) => {
      reader.int32()
      const [group] = reader.array(() => {
        const error = reader.int16()
        reader.text()
        const state = reader.text()
        reader.text()
        reader.text()
        const members = reader.array(() => {
          const [memberId, instanceId] = [reader.text(), reader.string()]
          reader.text()
          reader.text()
          const metadata = Buffer.from(reader.byteArray())
          return { memberId, instanceId, metadata, assignment: Buffer.from(reader.byteArray()) }
        })
        reader.int32()
        return { error, state, members }
      })
      if (group === undefined) throw new RangeError(`The DescribeGroups response does not contain group ${groupId}.`)
      return group
    },
  }
}

export function syncGroup(
  { groupId, memberId, generation, instanceId }: NamedMember,
  assignments: ReadonlyMap<string, Uint8Array>,
): KafkaRequest<{ readonly error: number; readonly assignment: Buffer }> {
  return {
    apiKey: 14,
    apiVersion: 3,
    name: 'SyncGroup',
    write: (writer) =>
      void writer
        .string(groupId)
        .int32(generation)
        .string(memberId)
        .string(instanceId)
        .array([...assignments], ([member, assignment]) => writer.string(member).byteArray(assignment)),
    read: (reader) => {
      reader.int32()
      return { error: reader.int16(), assignment: Buffer.from(reader.byteArray()) }
    },
  }
}

export function heartbeat({ groupId, memberId, generation, instanceId }: NamedMember): KafkaRequest<number> {
  return {
    apiKey: 12,
    apiVersion: 3,
    name: 'Heartbeat',
    write: (writer) => void writer.string(groupId).int32(generation).string(memberId).string(instanceId),
    read: (reader) => {
      reader.int32()
      return reader.int16()
    },
  }
}

export function leaveGroup(groupId: string, memberId: string, instanceId: string | null): KafkaRequest<number> {
  return {
    apiKey: 13,
    apiVersion: 3,
    name: 'LeaveGroup',
    write: (writer) => void writer.string(groupId).array([memberId], (id) => writer.string(id).string(instanceId)),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      const [member] = reader.array(() => {
        reader.string()
        reader.string()
        return reader.int16()
      })
      return error === 0 ? (member ?? 0) : error
    },
  }
}

/** With `requireStable` (KIP-447): fails for offsets that an open transaction may still change. */
export function offsetFetch(
  groupId: string,
  partitions: readonly TopicPartition[],
  requireStable: boolean,
): KafkaRequest<{ readonly error: number; readonly offsets: readonly (OffsetAndMetadata & { readonly error: number })[] }> {
  return {
    apiKey: 9,
    apiVersion: 7,
    name: 'OffsetFetch',
    flexible: true,
    write: (writer) =>
      void writer
        .compactString(groupId)
        .compactArray(byTopic(partitions), ([topic, partitionsOfTopic]) =>
          writer
            .compactString(topic)
            .compactArray(partitionsOfTopic, ({ partition }) => writer.int32(partition))
            .noTags(),
        )
        .boolean(requireStable)
        .noTags(),
    read: (reader) => {
      reader.int32()
      const offsets = reader
        .compactArray(() => {
          const topic = reader.compactString() ?? ''
          const found = reader.compactArray(() => {
            const [partition, offset] = [reader.int32(), reader.int64()]
            reader.int32()
            const metadata = reader.compactString() || undefined
            const error = reader.int16()
            reader.skipTags()
            return { topic, partition, offset, metadata, error }
          })
          reader.skipTags()
          return found
        })
        .flat()
      return { error: reader.int16(), offsets }
    },
  }
}

/** Stores offsets outside of a transaction. The response is reduced to its first error. */
export function offsetCommit(
  { groupId, memberId, generation, instanceId }: NamedMember,
  offsets: readonly OffsetAndMetadata[],
): KafkaRequest<number> {
  return {
    apiKey: 8,
    apiVersion: 7,
    name: 'OffsetCommit',
    write: (writer) =>
      void writer
        .string(groupId)
        .int32(generation)
        .string(memberId)
        .string(instanceId)
        .array(byTopic(offsets), ([topic, partitionsOfTopic]) =>
          writer.string(topic).array(partitionsOfTopic, ({ partition, offset, metadata }) =>
            writer
              .int32(partition)
              .int64(offset)
              .int32(-1)
              .string(metadata ?? null),
          ),
        ),
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
      return errors.find((error) => error !== 0) ?? 0
    },
  }
}
