import type { TopicPartition } from './broker.ts'

/** A partition's name in maps, logs and errors, as Kafka's tools print it: `orders-2`. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
