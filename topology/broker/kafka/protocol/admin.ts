import type { PartitionOffset, TopicPartition, TopicSpec } from '../../broker.ts'
import type { KafkaRequest } from './request.ts'
import { byTopic } from '../../by-topic.ts'

export interface TopicError {
  readonly topic: string
  readonly error: number
  readonly message: string | null
}

const TIMEOUT_MS = 30_000
const TOPIC = 2

export function createTopics(topics: readonly TopicSpec[]): KafkaRequest<readonly TopicError[]> {
  return {
    apiKey: 19,
    apiVersion: 4,
    name: 'CreateTopics',
    write: (writer) =>
      void writer
        .array(topics, ({ name, partitions, replicationFactor, config }) =>
          writer
            .string(name)
            .int32(partitions)
            .int16(replicationFactor ?? -1)
            .int32(0)
            .array(Object.entries(config ?? {}), ([key, value]) => writer.string(key).string(value)),
        )
        .int32(TIMEOUT_MS)
        .boolean(false),
    read: (reader) => {
      reader.int32()
      return reader.array(() => ({ topic: reader.text(), error: reader.int16(), message: reader.string() }))
    },
  }
}

export function deleteTopics(names: readonly string[]): KafkaRequest<readonly TopicError[]> {
  return {
    apiKey: 20,
    apiVersion: 3,
    name: 'DeleteTopics',
    write: (writer) => void writer.array(names, (name) => writer.string(name)).int32(TIMEOUT_MS),
    read: (reader) => {
      reader.int32()
      return reader.array(() => ({ topic: reader.text(), error: reader.int16(), message: null }))
    },
  }
}

export function createPartitions(name: string, partitions: number): KafkaRequest<readonly TopicError[]> {
  return {
    apiKey: 37,
    apiVersion: 1,
    name: 'CreatePartitions',
    write: (writer) =>
      void writer
        .array([name], (topic) => writer.string(topic).int32(partitions).int32(-1))
        .int32(TIMEOUT_MS)
        .boolean(false),
    read: (reader) => {
      reader.int32()
      return reader.array(() => ({ topic: reader.text(), error: reader.int16(), message: reader.string() }))
    },
  }
}

export interface TopicConfig extends TopicError {
  /** What is set on the topic itself. */
  readonly config: ReadonlyMap<string, string>
  /** All settings, those that the topic has from the broker included. */
  readonly effective: ReadonlyMap<string, string>
}

export function describeConfigs(names: readonly string[]): KafkaRequest<readonly TopicConfig[]> {
  return {
    apiKey: 32,
    apiVersion: 2,
    name: 'DescribeConfigs',
    write: (writer) => void writer.array(names, (name) => writer.int8(TOPIC).string(name).int32(-1)).boolean(false),
    read: (reader) => {
      reader.int32()
      return reader.array(() => {
        const head = { error: reader.int16(), message: reader.string() }
        reader.int8()
        const topic = reader.text()
        const config = new Map<string, string>()
        const effective = new Map<string, string>()
        reader.array(() => {
          const [key, value] = [reader.text(), reader.string()]
          reader.int8()
          const source = reader.int8()
          reader.int8()
          reader.array(() => [reader.string(), reader.string(), reader.int8()])
          if (value === null) return
          effective.set(key, value)
          if (source === SET_ON_TOPIC) config.set(key, value)
        })
        return { topic, ...head, config, effective }
      })
    },
  }
}

const SET_ON_TOPIC = 1

export function alterConfigs(name: string, config: Readonly<Record<string, string>>): KafkaRequest<readonly TopicError[]> {
  return {
    apiKey: 44,
    apiVersion: 0,
    name: 'IncrementalAlterConfigs',
    write: (writer) =>
      void writer
        .array([name], (topic) =>
          writer
            .int8(TOPIC)
            .string(topic)
            .array(Object.entries(config), ([key, value]) => writer.string(key).int8(0).string(value)),
        )
        .boolean(false),
    read: (reader) => {
      reader.int32()
      return reader.array(() => {
        const head = { error: reader.int16(), message: reader.string() }
        reader.int8()
        return { topic: reader.text(), ...head }
      })
    },
  }
}

/**
 * `timestamp`: −2 for the earliest offset, −1 for the end, else the first offset at or after it. With `committed` the end is the last stable
 * offset, otherwise the high watermark.
 */
export function listOffsets(
  partitions: readonly TopicPartition[],
  timestamp: number,
  committed: boolean,
): KafkaRequest<readonly (PartitionOffset & { readonly error: number })[]> {
  return {
    apiKey: 2,
    apiVersion: 5,
    name: 'ListOffsets',
    write: (writer) =>
      void writer
        .int32(-1)
        .int8(committed ? 1 : 0)
        .array(byTopic(partitions), ([topic, partitionsOfTopic]) =>
          writer.string(topic).array(partitionsOfTopic, ({ partition }) => writer.int32(partition).int32(-1).int64(timestamp)),
        ),
    read: (reader) => {
      reader.int32()
      return reader
        .array(() => {
          const topic = reader.text()
          return reader.array(() => {
            const head = { topic, partition: reader.int32(), error: reader.int16() }
            reader.int64()
            const offset = reader.int64()
            reader.int32()
            return { ...head, offset }
          })
        })
        .flat()
    },
  }
}

export function deleteRecords(offsets: readonly PartitionOffset[]): KafkaRequest<readonly (TopicPartition & { readonly error: number })[]> {
  return {
    apiKey: 21,
    apiVersion: 1,
    name: 'DeleteRecords',
    write: (writer) =>
      void writer
        .array(byTopic(offsets), ([topic, partitionsOfTopic]) =>
          writer.string(topic).array(partitionsOfTopic, ({ partition, offset }) => writer.int32(partition).int64(offset)),
        )
        .int32(TIMEOUT_MS),
    read: (reader) => {
      reader.int32()
      return reader
        .array(() => {
          const topic = reader.text()
          return reader.array(() => {
            const partition = reader.int32()
            reader.int64()
            return { topic, partition, error: reader.int16() }
          })
        })
        .flat()
    },
  }
}
