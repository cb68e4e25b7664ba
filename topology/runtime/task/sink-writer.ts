import { partitionOf } from '../../broker/index.ts'
import type { SinkNode } from '../../graph/index.ts'
import type { TopicTable } from '../../topics/index.ts'
import type { OutputBuffer, TopicOutput } from '../commit/index.ts'
import type { AnyRecord } from './graph-environment.ts'

/** Serializes a sink's records into the output of their topic and partition. Throws `RetriableError` for a topic that does not exist (yet). */
export function sinkWriter(sink: SinkNode, topics: TopicTable, outputs: OutputBuffer, ownPartition: number): (record: AnyRecord) => void {
  const { topic: nameOrExtractor, keySerde, valueSerde, partitioner, compression } = sink
  const outputOf = (topic: string): TopicOutput => outputs.topic(topics.nameOf(topic), compression)
  const fixed = typeof nameOrExtractor === 'string' ? outputOf(nameOrExtractor) : undefined
  return (record) => {
    const output = fixed ?? outputOf(typeof nameOrExtractor === 'string' ? nameOrExtractor : nameOrExtractor(record))
    const partitions = topics.partitions(output.topic)
    if (partitions === undefined) throw topics.missing(output.topic)
    const key = record.key === null ? null : keySerde.serialize(record.key)
    const value = record.value === null ? null : valueSerde.serialize(record.value)
    const partition =
      partitioner?.(output.topic, record.key, record.value, partitions) ??
      (key === null ? ownPartition % partitions : partitionOf(key, partitions))
    output.append(partition, key, value, record.timestamp, record.headers)
  }
}
