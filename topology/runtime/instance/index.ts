/**
 * Instance: one running member of an application (`Streams`, Kafka's `KafkaStreams`). Its *membership* joins the group and receives assignments, its
 * *fetch loop* polls for all its tasks at once, and it opens, closes and drops tasks as assignments say. An *observer* reads the group's state from outside.
 */
export { applicationTopics } from './application-topics.ts'
export { StreamsObserver } from './streams-observer.ts'
export type { StreamsObserverOptions } from './streams-observer.ts'
export { Streams } from './streams.ts'
export type { InstanceHealth, StopOptions, StreamsOptions } from './streams.ts'
export type { StreamsState } from './instance-lifecycle.ts'
export { partitionLags, totalLag } from './partition-lag.ts'
export type { PartitionLag } from './partition-lag.ts'
export type { TaskInfo } from './task-info.ts'
