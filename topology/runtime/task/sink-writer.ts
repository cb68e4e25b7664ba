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
  const chosenBy = (choose: NonNullable<typeof partitioner>, topic: string, { key, value }: AnyRecord): number | undefined => {
    const partitions = partitionsOf(topic)
    const partition = choose(topic, key, value, partitions)
    if (partition === undefined || (Number.isInteger(partition) && partition >= 0 && partition < partitions)) return partition
    throw new RangeError(`The partitioner of sink "${sink.name}" chose partition ${partition} of topic ${topic}, which has ${partitions}.`)
  }
  const write = (topic: string, output: TopicBatches, record: AnyRecord): void => {
    const key = record.key === null ? null : keySerde.serialize(record.key)
    const value = record.value === null ? null : valueSerde.serialize(record.value)
    const chosen = partitioner === undefined ? undefined : chosenBy(partitioner, topic, record)
    const partitions = partitionsOf(topic)
    const partition = chosen ?? (key === null ? ownPartition % partitions : partitionOf(key, partitions))
    output.append(partition, key, value, record.timestamp, record.headers)
  }
  if (typeof nameOrExtractor === 'string') {
    const topic = topics.nameOf(nameOrExtractor)
    const output = outputs.topic(topic, compression)
    return (record) => write(topic, output, record)
  }
  return (record) => {
    const topic = topics.nameOf(nameOrExtractor(record))
    partitionsOf(topic) // no output is kept for a topic that does not exist
    write(topic, outputs.topic(topic, compression), record)
  }
}

function noTopic(topic: string, topics: TopicTable): never {
  const problem = topicNameProblem(topic)
  if (problem === undefined) throw topics.missing(topic)
  throw new RecordRefusedError(
    `A sink chose ${JSON.stringify(topic)} as the topic of a record, and no topic can have this name: ${problem}.`,
  )
}
