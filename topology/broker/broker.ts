import type { RecordBatch, RecordBatchBuilder } from './record-batch/index.ts'
import type { RecordLimits } from './record-limits.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A safe integer: a partition would need 2^53 records to exceed it. */
export type Offset = number

/**
 * The broker seam: everything the engine needs of a Kafka-like log, in bytes and batches. It promises what Apache Kafka promises and no
 * more: offsets of a partition ascend but have gaps (transaction markers, compaction), a response can be lost after the call had its
 * effect, and a group or a newer producer can revoke ownership at any time.
 */
export interface Broker {
  readonly admin: Admin
  readonly groups: GroupCoordinator
  /** A fetcher has at most one fetch in flight, so each owner (an instance, an API hub, a restore) opens its own. */
  openFetcher(): Fetcher
  /**
   * With a `transactionalId`: fences all earlier producers of that id, ends their open transaction, and then resolves. Without:
   * an at-least-once producer, on which `commit` flushes the sends and then stores the offsets.
   */
  openProducer(options: ProducerOptions): Promise<Producer>
  close(): Promise<void>
}

export interface ProducerOptions {
  readonly transactionalId?: string
  /** The broker aborts a transaction that is open for longer. Milliseconds; only with a `transactionalId`. */
  readonly transactionTimeoutMs?: number
}

/**
 * One sequence of transactions: the first `send` or `sendOffsets` opens one, `commit` or `abort` ends it.
 *
 * Any error except `StaleGenerationError` spends a producer with a transactional id: later calls reject with the same error, and the
 * caller closes it and opens the id again. A `RetriableBrokerError` spends it too, because the adapter has given up retrying and the
 * request may have had its effect. A producer without an id is never spent: a `commit` that rejects has dropped its sends and offsets.
 */
export interface Producer {
  /**
   * Appends the builder's records to one partition. The builder may be reset and reused once the promise has resolved.
   * Resolving means accepted, not committed; without a transactional id an error may surface only in `commit`.
   */
  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void>
  /**
   * Stores the next offsets to read as part of the transaction, fenced by member and generation of the group (KIP-447). Throws
   * `StaleGenerationError` for another generation, and the transaction continues. An empty member id with a generation below 0 is
   * for groups without members: like Kafka, a transaction does not fence it, so a member that lost its place must not use it.
   */
  sendOffsets(group: GroupMember, offsets: readonly OffsetAndMetadata[]): Promise<void>
  /**
   * Commits the transaction. Resolves with the offset after its last record for each partition sent to. Throws
   * `OutcomeUnknownError` when the response is lost: opening the transactional id again ends the transaction, and the committed
   * offset then shows how.
   */
  commit(): Promise<readonly PartitionOffset[]>
  abort(): Promise<void>
  close(): Promise<void>
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: Offset
}

/** An offset as a group commits it. */
export interface OffsetAndMetadata extends PartitionOffset {
  /** Text that is stored with the offset; Kafka's limit is 4,096 bytes (`offset.metadata.max.bytes`). */
  readonly metadata?: string | undefined
}

export interface GroupMember {
  readonly groupId: string
  readonly memberId: string
  readonly generation: number
}

/* ---------------------------------------------------------------------------------------------- fetching */

export interface Fetcher {
  /**
   * Waits until a partition has records after its offset, `maxWaitMs` has passed, or `wakeup` is called. Returns committed records
   * only; the result may omit partitions with nothing new. Throws `OffsetOutOfRangeError`, `UnknownTopicError`, and
   * `RetriableBrokerError` when no broker responds: an empty result means that there is nothing to read.
   */
  fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]>
  /** Ends the wait of the fetch in flight, which resolves with what it has. */
  wakeup(): void
  close(): Promise<void>
}

export interface FetchPartition extends TopicPartition {
  readonly offset: Offset
  /** Fetches from the topic of this id only: one that was deleted and created again throws `UnknownTopicError`. */
  readonly topicId?: string | undefined
  /** Upper bound for this partition. A first batch that is larger is still returned. */
  readonly maxBytes?: number
}

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly maxBytes?: number
}

export interface FetchedPartition extends TopicPartition {
  /** Committed batches in order, checksums verified. The first may begin before the requested offset: skip those records. */
  readonly batches: readonly RecordBatch[]
  /** The offset to fetch next: after everything in `batches` and after skipped markers and aborted records. */
  readonly nextOffset: Offset
  readonly lastStableOffset: Offset
  readonly logStartOffset: Offset
}

/* ---------------------------------------------------------------------------------------------- groups */

/** The calls are stateless: the caller keeps member id and generation. */
export interface GroupCoordinator {
  /** Resolves when all members have joined. Only the leader gets the members and their metadata. */
  join(request: JoinRequest): Promise<JoinAnswer>
  /** The leader passes the assignment of every member (opaque bytes); each member gets its own. */
  sync(request: SyncRequest): Promise<Uint8Array>
  /** Throws `RebalanceInProgressError` when the member must join again, `UnknownMemberError` when it was removed from the group. */
  heartbeat(member: GroupMember): Promise<void>
  /** Sends LeaveGroup for this member, of this client. */
  leave(groupId: string, memberId: string): Promise<void>
  /**
   * Sends LeaveGroup for a static member of another client that is gone. Throws `FencedError` when another member has its instance id by now, which
   * stays, and `UnknownMemberError` when no member has it.
   */
  remove(groupId: string, member: StaticMember): Promise<void>
  /** The members, static or not. Their metadata is empty while the group rebalances. */
  members(groupId: string): Promise<readonly DescribedMember[]>
  /**
   * Keeps the member's session alive while this thread is too busy for heartbeats of its own, until `release`. Replaces an earlier call for the
   * same member. Resolves once that is so. The caller goes on sending heartbeats: they tell it of rebalances.
   */
  keepAlive(member: GroupMember, options: KeepAliveOptions): Promise<void>
  /** Ends `keepAlive`. */
  release(groupId: string, memberId: string): Promise<void>
  /** The assignment of each member, for callers outside the group. Undefined while the group rebalances. */
  assignments(groupId: string): Promise<ReadonlyMap<string, Uint8Array> | undefined>
  /**
   * The committed offsets. Omits partitions without one. With `requireStable` (the default) once no open transaction has offsets of these partitions;
   * without, at once, and an open transaction may replace them: for readers that only look.
   */
  committedOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options?: { readonly requireStable?: boolean },
  ): Promise<readonly OffsetAndMetadata[]>
}

/** Members of one group must have the same: the coordinator rejects others with `FatalBrokerError` while the group has members. */
export interface GroupProtocol {
  /** Says what the metadata and assignments are. `consumer`: those of Kafka's consumers (see `encodeConsumerSubscription`), which Kafka's tools read. */
  readonly type: string
  /** Names the assignor; a leader reads the metadata of every member. */
  readonly name: string
}

export interface StaticMember {
  readonly memberId: string
  readonly instanceId: string
}

export interface DescribedMember {
  readonly memberId: string
  readonly instanceId?: string
  readonly metadata: Uint8Array
}

export interface KeepAliveOptions {
  /** How long this thread may be silent before heartbeats are sent for it, and how often then. */
  readonly heartbeatIntervalMs: number
  /** After such a silence the thread counts as hung, and the session times out. */
  readonly maxPollIntervalMs: number
}

export interface JoinRequest {
  readonly groupId: string
  readonly protocol: GroupProtocol
  /** Empty for a new member. */
  readonly memberId: string
  /** Static membership (KIP-345): a member that returns with the same instance id replaces its earlier self without a rebalance. */
  readonly instanceId?: string
  readonly metadata: Uint8Array
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

export interface JoinAnswer {
  readonly memberId: string
  readonly generation: number
  readonly leaderId: string
  /** Empty for followers. */
  readonly members: readonly DescribedMember[]
}

export interface SyncRequest extends GroupMember {
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

/* ---------------------------------------------------------------------------------------------- admin */

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor?: number
  /** Topic settings by their Kafka names, e.g. `cleanup.policy`, `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>
}

export interface TopicDescription {
  readonly name: string
  /** A recreated topic has another id. */
  readonly topicId: string
  readonly partitions: number
  readonly replicationFactor: number
  /** The settings of the topic itself. */
  readonly config: Readonly<Record<string, string>>
  /** What the topic takes by all settings, the broker's defaults included. */
  readonly limits: RecordLimits
}

export interface DescribeOptions {
  /** Leaves `config` empty, which needs fewer rights on Kafka: DESCRIBE, which READ and WRITE imply. Default false. */
  readonly withoutConfig?: boolean
  /** What the caller needs of a topic, for the error when it is refused. Default DESCRIBE. */
  readonly rightOn?: (topic: string) => string
}

/**
 * `earliest`: log start offset. `latest`: last stable offset. `stable`: the log end, once no transaction is open in the partition, so that
 * it equals the last stable offset. `timestampMs`: first offset at or after that time, or the end.
 */
export type OffsetPlace = 'earliest' | 'latest' | 'stable' | { readonly timestampMs: number }

export interface Admin {
  /** The number of live brokers, the upper bound of a topic's replication factor. */
  brokerCount(): Promise<number>
  /** Creates the missing topics and does not change existing ones. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>
  /** Describes those of the named topics that exist; without names, all topics. */
  describeTopics(names?: readonly string[], options?: DescribeOptions): Promise<readonly TopicDescription[]>
  alterTopic(name: string, config: Readonly<Record<string, string>>): Promise<void>
  createPartitions(name: string, partitions: number): Promise<void>
  /** Ignores names that do not exist. Also deletes committed offsets of the topics. */
  deleteTopics(names: readonly string[]): Promise<void>
  listOffsets(partitions: readonly TopicPartition[], at: OffsetPlace): Promise<readonly PartitionOffset[]>
  /** The transactional ids whose transaction is open. Kafka leaves out those on which the principal lacks DESCRIBE (WRITE implies it). */
  openTransactions(): Promise<readonly string[]>
  /** Deletes the records before each offset (repartition topics are purged after their records are committed). */
  deleteRecords(offsets: readonly PartitionOffset[]): Promise<void>
  /** Sets a group's offsets. Throws `FatalBrokerError` while the group has members. */
  alterOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void>
}
