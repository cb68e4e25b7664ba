import { partitionOf, RecordRefusedError, topicNameProblem, type TopicBatches } from '../../broker/index.ts'
import type { SinkNode } from '../../graph/index.ts'
import type { TopicTable } from '../../topics/index.ts'
import type { OutputBuffer } from '../commit/index.ts'
import type { AnyRecord } from './graph-environment.ts'

/**
 * Serializes a sink's records into the output of their topic and partition. Throws `RetriableError` for a topic that does not exist (yet), and what is the
 * record's fault for one that cannot exist.
 */
export function sinkWriter(sink: SinkNode, topics: TopicTable, outputs: OutputBuffer, ownPartition: number): (record: AnyRecord) => void {
  const { topic: nameOrExtractor, keySerde, valueSerde, partitioner, compression } = sink
  const partitionsOf = (topic: string): number => topics.partitions(topic) ?? noTopic(topic, topics)
  const write = (topic: string, partitions: number, output: TopicBatches, record: AnyRecord): void => {
    const key = record.key === null ? null : keySerde.serialize(record.key)
    const value = record.value === null ? null : valueSerde.serialize(record.value)
    const chosen = partitioner?.(topic, record.key, record.value, partitions)
    const partition = chosen ?? (key === null ? ownPartition % partitions : partitionOf(key, partitions))
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) throw noPartition(sink, partition, topic, partitions)
    output.append(partition, key, value, record.timestamp, record.headers)
  }
  if (typeof nameOrExtractor === 'string') {
    const topic = topics.nameOf(nameOrExtractor)
    const output = outputs.topic(topic, compression)
    return (record) => write(topic, partitionsOf(topic), output, record)
  }
  return (record) => {
    const topic = topics.nameOf(nameOrExtractor(record))
    const partitions = partitionsOf(topic)
    write(topic, partitions, outputs.topic(topic, compression), record)
  }
}

function noPartition({ name }: SinkNode, partition: number, topic: string, partitions: number): RangeError {
  return new RangeError(`The partitioner of sink "${name}" chose partition ${partition} of topic ${topic}, which has ${partitions}.`)
}

function noTopic(topic: string, topics: TopicTable): never {
  const problem = topicNameProblem(topic)
  if (problem === undefined) throw topics.missing(topic)
  throw new RecordRefusedError(
    `A sink chose ${JSON.stringify(topic)} as the topic of a record, and no topic can have this name: ${problem}.`,
  )
}
