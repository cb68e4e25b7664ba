/**
 * The broker seam: everything the engine asks of a Kafka-like log, in bytes and batches.
 *
 * It promises what Apache Kafka promises and no more: offsets of a partition ascend but may have gaps (transaction
 * markers, compaction), an answer can be lost after the effect happened, ownership can be taken away at any time.
 * Adapters: `embedded/` (in process, durable), `kafkajs/` (Apache Kafka); decorators: `faulty/`.
 */
import type { RecordBatch, RecordBatchBuilder } from './record-batch/index.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offsets are safe integers: a partition would need 2^53 records to leave them. */
export type Offset = number

export interface Broker {
  readonly admin: Admin
  readonly groups: GroupCoordinator
  /** A fetcher has at most one long poll under way; each owner (an instance, an API hub, a restore) opens its own. */
  openFetcher(): Fetcher
  /**
   * With a `transactionalId`: fences every earlier holder of that id, settles its open transaction, and only then
   * resolves. Without: an at-least-once producer on which `commit` flushes the sends and then stores the offsets.
   */
  openProducer(options: ProducerOptions): Promise<Producer>
  close(): Promise<void>
}

export interface ProducerOptions {
  readonly transactionalId?: string
  /** After this long an open transaction is aborted by the broker. Milliseconds; only with a transactionalId. */
  readonly transactionTimeoutMs?: number
}

/**
 * One sequence of transactions: the first `send` or `sendOffsets` opens one, `commit` or `abort` ends it.
 * After any error but a `RetriableBrokerError` or a `StaleGenerationError` the producer is spent: close it and open another one.
 */
export interface Producer {
  /**
   * Appends what the builder holds to one partition. The builder may be reset and reused once the promise has
   * resolved. Resolving means accepted, not committed.
   */
  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void>
  /**
   * Stores the offsets to go on from, as part of the transaction, fenced by member and generation of the group. Throws
   * `StaleGenerationError` for a member of another generation, and the transaction goes on. An empty member id
   * with a generation below 0 is for groups that nobody is in: in a transaction it is refused by none, as in Kafka, so whoever has lost
   * his place must not use it.
   */
  sendOffsets(group: GroupMember, offsets: readonly PartitionOffset[]): Promise<void>
  /**
   * Ends the transaction. Resolves with, for each partition sent to, the offset after the last record of this
   * transaction. Throws `OutcomeUnknownError` when the answer was lost: opening the transactional id again settles it
   * and the committed offset then tells what happened.
   */
  commit(): Promise<readonly PartitionOffset[]>
  abort(): Promise<void>
  close(): Promise<void>
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: Offset
}

export interface GroupMember {
  readonly groupId: string
  readonly memberId: string
  readonly generation: number
}

/* ---------------------------------------------------------------------------------------------- fetching */

export interface Fetcher {
  /**
   * Waits until one of the partitions has something after its offset, the wait is over, or `wakeup` is called;
   * partitions with nothing new may be left out of the answer. Only committed records are handed over.
   * Throws `OffsetOutOfRangeError`, `UnknownTopicError`, and `RetriableBrokerError` when nobody answers: an empty answer says that there is nothing.
   */
  fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]>
  /** Ends the wait of the fetch under way, which then answers with what it has. */
  wakeup(): void
  close(): Promise<void>
}

export interface FetchPartition extends TopicPartition {
  readonly offset: Offset
  /** Upper bound of bytes for this partition; one batch is handed over even if it alone is larger. */
  readonly maxBytes?: number
}

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly maxBytes?: number
}

export interface FetchedPartition extends TopicPartition {
  /** Committed batches in order, checksums verified. The first may begin before the asked offset: skip those records. */
  readonly batches: readonly RecordBatch[]
  /** Where to go on: beyond everything in `batches` and beyond skipped markers and aborted records. */
  readonly nextOffset: Offset
  readonly lastStableOffset: Offset
  readonly logStartOffset: Offset
}

/* ---------------------------------------------------------------------------------------------- groups */

/** Stateless calls: the caller keeps member id and generation. Errors are those of `errors.ts`. */
export interface GroupCoordinator {
  /** Resolves when the rebalance gathers: for the leader with everybody's metadata, else with an empty list. */
  join(request: JoinRequest): Promise<JoinAnswer>
  /** The leader hands in the assignment of every member (opaque bytes); everyone gets his own. */
  sync(request: SyncRequest): Promise<Uint8Array>
  /** Throws `RebalanceInProgressError` when the member has to join again, `UnknownMemberError` when it is out. */
  heartbeat(member: GroupMember): Promise<void>
  leave(groupId: string, memberId: string): Promise<void>
  /** What each member was assigned, for somebody outside the group. Undefined while the group gathers. */
  assignments(groupId: string): Promise<ReadonlyMap<string, Uint8Array> | undefined>
  /** The committed offsets, once no transaction with offsets of these partitions is pending. Absent: none was stored. */
  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]>
}

export interface JoinRequest {
  readonly groupId: string
  /** Empty for a new member. */
  readonly memberId: string
  /** Static membership: a member that comes back with the same instance id replaces its former self at once. */
  readonly instanceId?: string
  readonly metadata: Uint8Array
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export interface JoinAnswer {
  readonly memberId: string
  readonly generation: number
  readonly leaderId: string
  /** Only for the leader. */
  readonly members: readonly { readonly memberId: string; readonly instanceId?: string; readonly metadata: Uint8Array }[]
}

export interface SyncRequest extends GroupMember {
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

/* ---------------------------------------------------------------------------------------------- admin */

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor?: number
  /** Kafka's topic settings by their Kafka names, e.g. `cleanup.policy`, `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly name: string
  /** Changes when a topic is deleted and created again. */
  readonly topicId: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

/**
 * `earliest`: first offset still there. `latest`: last stable offset. `settled`: the end, once no transaction is open in the
 * partition. A number: first offset at or after that timestamp.
 */
export type OffsetPlace = 'earliest' | 'latest' | 'stable' | { readonly timestampMs: number }

export interface Admin {
  /** How many brokers there are now: more replicas than that a topic cannot have. */
  brokerCount(): Promise<number>
  /** Creates what is missing; an existing topic is left as it is (its settings are the synchroniser's business). */
  createTopics(topics: readonly TopicSpec[]): Promise<void>
  /** Those of the names that exist; all topics without names. */
  describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]>
  alterTopic(name: string, config: Readonly<Record<string, string>>): Promise<void>
  createPartitions(name: string, partitions: number): Promise<void>
  /** Names that do not exist are passed over. The groups' offsets of the topics go with them. */
  deleteTopics(names: readonly string[]): Promise<void>
  listOffsets(partitions: readonly TopicPartition[], at: OffsetPlace): Promise<readonly PartitionOffset[]>
  /** Transactional ids, of whomever, that have sent something and neither committed nor aborted it. */
  openTransactions(): Promise<readonly string[]>
  /** Drops the records before the offset (used on repartition topics once they are committed). */
  deleteRecords(offsets: readonly PartitionOffset[]): Promise<void>
  /** Sets a group's offsets from outside the group; refused while the group has members. */
  alterOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void>
}
