import { partitionOf, RecordRefusedError, topicNameProblem } from '../../broker/index.ts'
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
  const fixed = typeof nameOrExtractor === 'string' ? topics.nameOf(nameOrExtractor) : undefined
  const fixedOutput = fixed === undefined ? undefined : outputs.topic(fixed, compression)
  return (record) => {
    const topic = fixed ?? topics.nameOf(typeof nameOrExtractor === 'string' ? nameOrExtractor : nameOrExtractor(record))
    const partitions = topics.partitions(topic)
    if (partitions === undefined) throw noTopic(topic, topics)
    const key = record.key === null ? null : keySerde.serialize(record.key)
    const value = record.value === null ? null : valueSerde.serialize(record.value)
    const partition =
      partitioner?.(topic, record.key, record.value, partitions) ??
      (key === null ? ownPartition % partitions : partitionOf(key, partitions))
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions)
      throw new RangeError(
        `The partitioner of sink "${sink.name}" chose partition ${partition} of topic ${topic}, which has ${partitions}.`,
      )
    const output = fixedOutput ?? outputs.topic(topic, compression)
    output.append(partition, key, value, record.timestamp, record.headers)
  }
}

function noTopic(topic: string, topics: TopicTable): Error {
  const problem = topicNameProblem(topic)
  if (problem === undefined) return topics.missing(topic)
  return new RecordRefusedError(
    `A sink chose ${JSON.stringify(topic)} as the topic of a record, and no topic can have this name: ${problem}.`,
  )
}
