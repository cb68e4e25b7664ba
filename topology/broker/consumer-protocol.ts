import type { TopicPartition } from './broker.ts'
import { byTopic } from './by-topic.ts'
import { Reader, Writer } from './wire.ts'

/** What a member of a group of consumers says when it joins (Kafka's `ConsumerProtocolSubscription`). */
export interface ConsumerSubscription {
  /** Kafka keeps a live group's committed offsets for these topics only; those of others expire. */
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly userData: Uint8Array
}

/** What the leader gives a member (Kafka's `ConsumerProtocolAssignment`). */
export interface ConsumerAssignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Uint8Array
}

/** The first version with owned partitions. Later versions only append fields, so that a reader of this one reads them too. */
const VERSION = 1

/**
 * A group of protocol type `consumer` is described by Kafka's own tools, by AdminClients and by lag exporters, because each of them reads these two
 * messages; what only the engine knows is user data in them, as in Kafka Streams.
 */
export function encodeConsumerSubscription({ topics, owned, userData }: ConsumerSubscription): Uint8Array {
  const writer = new Writer(userData.length + 256)
  writer
    .int16(VERSION)
    .array(topics, (topic) => writer.string(topic))
    .byteArray(userData)
  return writePartitions(writer, owned).bytes
}

/** Throws `RangeError` for bytes that are no such message. */
export function decodeConsumerSubscription(bytes: Uint8Array): ConsumerSubscription {
  const reader = readerOf(bytes)
  const version = readVersion(reader)
  const topics = reader.array(() => reader.text())
  const userData = reader.byteArray()
  return { topics, owned: version < 1 ? [] : readPartitions(reader), userData }
}

export function encodeConsumerAssignment({ partitions, userData }: ConsumerAssignment): Uint8Array {
  return writePartitions(new Writer(userData.length + 256).int16(VERSION), partitions).byteArray(userData).bytes
}

/** Throws `RangeError` for bytes that are no such message. */
export function decodeConsumerAssignment(bytes: Uint8Array): ConsumerAssignment {
  const reader = readerOf(bytes)
  readVersion(reader)
  const partitions = readPartitions(reader)
  return { partitions, userData: reader.byteArray() }
}

function readerOf(bytes: Uint8Array): Reader {
  return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

function readVersion(reader: Reader): number {
  const version = reader.int16()
  if (version < 0) throw new RangeError(`The message has version ${version}.`)
  return version
}

function writePartitions(writer: Writer, partitions: readonly TopicPartition[]): Writer {
  return writer.array(byTopic(partitions), ([topic, ofTopic]) =>
    writer.string(topic).array(ofTopic, ({ partition }) => writer.int32(partition)),
  )
}

function readPartitions(reader: Reader): readonly TopicPartition[] {
  return reader
    .array(() => {
      const topic = reader.text()
      return reader.array(() => ({ topic, partition: reader.int32() }))
    })
    .flat()
}
