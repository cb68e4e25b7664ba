import type { KafkaRequest } from './request.ts'

export interface NodeInfo {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface TopicMetadata {
  readonly error: number
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly { readonly error: number; readonly index: number; readonly leader: number; readonly replicas: number }[]
}

export interface ClusterMetadata {
  readonly nodes: readonly NodeInfo[]
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

/** Short, because any broker can answer: the client turns to another one. */
const TIMEOUT_MS = 5_000

/** Without names, of all topics. */
export function metadata(names: readonly string[] | undefined): KafkaRequest<ClusterMetadata> {
  return {
    apiKey: 3,
    apiVersion: 12,
    name: 'Metadata',
    flexible: true,
    timeoutMs: TIMEOUT_MS,
    write: (writer) => {
      if (names === undefined) writer.uvarint(0)
      else writer.compactArray(names, (name) => writer.raw(Buffer.alloc(16)).compactString(name).noTags())
      writer.boolean(false).boolean(false).noTags()
    },
    read: (reader) => {
      reader.int32()
      const nodes = reader.compactArray(() => {
        const node = { id: reader.int32(), host: reader.compactString() ?? '', port: reader.int32() }
        reader.compactString()
        reader.skipTags()
        return node
      })
      reader.compactString()
      const controller = reader.int32()
      const topics = reader.compactArray(() => {
        const head = { error: reader.int16(), name: reader.compactString() ?? '', topicId: reader.uuid(), isInternal: reader.int8() !== 0 }
        const partitions = reader.compactArray(() => {
          const partition = { error: reader.int16(), index: reader.int32(), leader: reader.int32() }
          reader.int32()
          const replicas = reader.compactArray(() => reader.int32()).length
          reader.compactArray(() => reader.int32())
          reader.compactArray(() => reader.int32())
          reader.skipTags()
          return { ...partition, replicas }
        })
        reader.int32()
        reader.skipTags()
        return { ...head, partitions }
      })
      return { nodes, controller, topics }
    },
  }
}

export type CoordinatorKind = 'group' | 'transaction'

export function findCoordinator(kind: CoordinatorKind, key: string): KafkaRequest<NodeInfo & { readonly error: number }> {
  return {
    apiKey: 10,
    apiVersion: 2,
    name: 'FindCoordinator',
    timeoutMs: TIMEOUT_MS,
    write: (writer) => void writer.string(key).int8(kind === 'group' ? 0 : 1),
    read: (reader) => {
      reader.int32()
      const error = reader.int16()
      reader.string()
      return { error, id: reader.int32(), host: reader.text(), port: reader.int32() }
    },
  }
}
