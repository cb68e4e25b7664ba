import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { Ports } from '../../ports.ts'
import type { OffsetPlace, PartitionOffset, TopicDescription, TopicPartition, TopicSpec } from '../broker.ts'
import { FatalBrokerError, OffsetOutOfRangeError, RecordRefusedError, UnknownTopicError } from '../errors.ts'
import { prepareCompression, type RecordBatchBuilder } from '../record-batch/index.ts'
import { recordLimits, type RecordLimits } from '../record-limits.ts'
import { collidesWith, topicNameProblem } from '../topic-name.ts'
import { partitionName } from '../topic-partition.ts'
import type { BatchCache } from './batch-cache.ts'
import { compressionOf } from './compression-of.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { Journal } from './journal.ts'
import type { BrokerLimits } from './limits.ts'
import { BATCH, BATCH_ENTRY, DELETED_TOPIC, deletedTopicRow, PARTITION, rangeOf, textRow, TOPIC } from './keys.ts'
import { PartitionLog } from './partition-log.ts'
import { checkTopicConfig } from './topic-config.ts'

export interface Topic {
  readonly name: string
  /** Identifies the topic in storage keys; never reused. */
  readonly number: number
  readonly topicId: string
  readonly replicationFactor: number
  config: Readonly<Record<string, string>>
  limits: RecordLimits
  readonly logs: PartitionLog[]
}

/** A topic as it is stored, in JSON. */
interface TopicRow {
  readonly number: number
  readonly topicId: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

interface TopicsOptions {
  readonly storage: OrderedStorage
  readonly journal: Journal
  readonly cache: BatchCache
  readonly offsets: GroupOffsets
  readonly ports: Ports
  readonly limits: BrokerLimits
  readonly onGrown: (topic: Topic, log: PartitionLog) => void
}

/** The topics and the logs of their partitions. A change is on disk when its promise resolves. */
export class Topics {
  readonly #options: TopicsOptions
  readonly #topics = new Map<string, Topic>()
  #nextNumber = 1
  /** Changes run one after another, so that a second creation of the same name sees the first. */
  #lastChange: Promise<unknown> = Promise.resolve()

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  all(): Iterable<Topic> {
    return this.#topics.values()
  }

  /** With an id, of the topic that has it. */
  log(topic: string, partition: number, topicId?: string): PartitionLog {
    const found = this.#topics.get(topic)
    if (found !== undefined && topicId !== undefined && found.topicId !== topicId)
      throw new UnknownTopicError(`Topic ${topic} has id ${found.topicId} instead of ${topicId}: it was created again.`)
    const log = found?.logs[partition]
    if (log === undefined)
      throw new UnknownTopicError(`The embedded broker has no partition ${partitionName({ topic, partition })}: create it.`)
    return log
  }

  /** The log of the partition, if its topic takes the batch. */
  logFor(name: string, partition: number, batch: RecordBatchBuilder): PartitionLog {
    const log = this.log(name, partition)
    if (batch.recordCount > 0) this.#assertTakes(this.#topic(name), batch)
    return log
  }

  create(specs: readonly TopicSpec[]): Promise<void> {
    return this.#afterLastChange(async () => {
      const operations: StorageOperation[] = []
      const created: Topic[] = []
      for (const spec of specs) {
        if (this.#topics.has(spec.name) || created.some((topic) => topic.name === spec.name)) continue
        checkName(spec.name, [...this.#topics.keys(), ...created.map(({ name }) => name)])
        checkPartitions(spec.name, spec.partitions)
        checkTopicConfig(spec.name, spec.config ?? {})
        await prepareCompression(compressionOf(spec.config ?? {}) ?? 'none')
        const topic = this.#newTopic(spec.name, {
          number: this.#nextNumber++,
          topicId: this.#options.ports.random.uuid(),
          partitions: spec.partitions,
          replicationFactor: spec.replicationFactor ?? 1,
          config: { ...spec.config },
        })
        created.push(topic)
        operations.push(rowOf(topic), ...topic.logs.map((log) => log.boundsRow()))
      }
      if (created.length > 0)
        await this.#options.journal.append(operations, () => created.forEach((topic) => this.#topics.set(topic.name, topic)))
    })
  }

  /** The named topics that exist; without names, all topics. */
  describe(names: readonly string[] | undefined): TopicDescription[] {
    const topics = names === undefined ? [...this.#topics.values()] : names.flatMap((name) => this.#topics.get(name) ?? [])
    return topics.map(({ name, topicId, replicationFactor, config, limits, logs }) => ({
      name,
      topicId,
      partitions: logs.length,
      replicationFactor,
      config,
      limits,
    }))
  }

  alter(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.#afterLastChange(async () => {
      const topic = this.#topic(name)
      checkTopicConfig(name, config)
      const altered = { ...topic.config, ...config }
      await prepareCompression(compressionOf(altered) ?? 'none')
      await this.#options.journal.append([rowOf({ ...topic, config: altered })], () => {
        topic.config = altered
        topic.limits = recordLimits(altered, this.#defaults)
      })
    })
  }

  createPartitions(name: string, partitions: number): Promise<void> {
    return this.#afterLastChange(async () => {
      const topic = this.#topic(name)
      checkPartitions(name, partitions)
      if (partitions < topic.logs.length) {
        throw new FatalBrokerError(
          `Topic ${name} has ${topic.logs.length} partitions and cannot shrink to ${partitions}: ask for at least as many.`,
        )
      }
      const added = Array.from({ length: partitions - topic.logs.length }, (_, i) =>
        this.#newLog(name, topic.number, topic.logs.length + i),
      )
      await this.#options.journal.append([rowOf(topic, partitions), ...added.map((log) => log.boundsRow())], () =>
        topic.logs.push(...added),
      )
    })
  }

  /** Ignores unknown names. Deletes committed offsets of the topics too. */
  delete(names: readonly string[]): Promise<void> {
    return this.#afterLastChange(async () => {
      const topics = [...new Set(names)].flatMap((name) => this.#topics.get(name) ?? [])
      if (topics.length === 0) return
      const operations = topics.map((topic) => ({
        key: deletedTopicRow(topic.number),
        value: Buffer.from(JSON.stringify(topic.name)),
      }))
      const forgotten = this.#options.offsets.forgetTopics(new Set(topics.map(({ name }) => name)))
      const rows = topics.map((topic) => ({
        key: textRow(TOPIC, topic.name),
        value: null,
      }))
      await this.#options.journal.append([...operations, ...rows, ...forgotten.operations], () => {
        forgotten.apply()
        for (const topic of topics) {
          this.#topics.delete(topic.name)
          for (const log of topic.logs) {
            log.deleted = true
            log.dropBefore(Infinity)
            log.wake()
          }
        }
      })
      for (const topic of topics) await this.#deleteRows(topic.number)
    })
  }

  async deleteRecords(bounds: readonly PartitionOffset[]): Promise<void> {
    const operations: StorageOperation[] = []
    const drops = bounds.map(({ topic, partition, offset }) => {
      const log = this.log(topic, partition)
      if (offset < 0 || offset > log.endOffset) {
        throw new OffsetOutOfRangeError(
          `Cannot delete the records before ${log.name}@${offset}: the log ends at ${log.endOffset}. Delete up to there at most.`,
        )
      }
      return { log, before: offset }
    })
    for (const { log, before } of drops) {
      log.dropRows(before, operations)
      log.dropBefore(before)
    }
    if (operations.length > 0) await this.#options.journal.append(operations, () => {})
  }

  listOffsets(partitions: readonly TopicPartition[], at: Exclude<OffsetPlace, 'stable'>): PartitionOffset[] {
    return partitions.map(({ topic, partition }) => {
      const log = this.log(topic, partition)
      const offset = at === 'earliest' ? log.startOffset : at === 'latest' ? log.endOffset : log.offsetAt(at.timestampMs)
      return { topic, partition, offset }
    })
  }

  /** Reads the topics from the storage, and deletes rows that a deleted topic left behind. `onProgress` gets the share of the logs read. */
  async restore(onProgress: (share: number) => void): Promise<void> {
    const { storage } = this.#options
    const byNumber = new Map<number, Topic>()
    for await (const { key, value } of storage.scan(rangeOf(TOPIC))) {
      const row: TopicRow = JSON.parse(Buffer.from(value).toString('utf8'))
      const topic = this.#newTopic(Buffer.from(key.subarray(1)).toString('utf8'), row)
      await prepareCompression(compressionOf(topic.config) ?? 'none')
      this.#topics.set(topic.name, topic)
      byNumber.set(topic.number, topic)
    }
    const logOf = (key: Uint8Array): PartitionLog | undefined => {
      const bytes = Buffer.from(key.buffer, key.byteOffset, key.length)
      return byNumber.get(bytes.readUInt32BE(1))?.logs[bytes.readUInt32BE(5)]
    }
    for await (const { key, value } of storage.scan(rangeOf(PARTITION))) logOf(key)?.restoreBounds(value)
    const logs = [...byNumber.values()].reduce((sum, topic) => sum + topic.logs.length, 0)
    let begun = 0
    let last: PartitionLog | undefined
    for await (const { key, value } of storage.scan(rangeOf(BATCH_ENTRY))) {
      const log = logOf(key)
      log?.restoreEntry(key, value)
      if (log !== last) onProgress(begun++ / logs)
      last = log
    }
    this.#nextNumber = Math.max(0, ...byNumber.keys()) + 1
    for await (const { key } of storage.scan(rangeOf(DELETED_TOPIC))) {
      const number = Buffer.from(key).readUInt32BE(1)
      this.#nextNumber = Math.max(this.#nextNumber, number + 1)
      await this.#deleteRows(number)
    }
  }

  async #deleteRows(number: number): Promise<void> {
    for (const kind of [BATCH, BATCH_ENTRY, PARTITION]) await this.#options.storage.clear(rangeOf(kind, number))
  }

  #afterLastChange(change: () => Promise<void>): Promise<void> {
    const result = this.#lastChange.then(change)
    this.#lastChange = result.catch(() => undefined)
    return result
  }

  get #defaults(): RecordLimits {
    return { ...this.#options.limits, needsKeys: false }
  }

  /** Throws `RecordRefusedError`, as for Kafka's MESSAGE_TOO_LARGE, INVALID_RECORD and INVALID_TIMESTAMP. */
  #assertTakes({ name, limits }: Topic, batch: RecordBatchBuilder): void {
    const { maxMessageBytes, needsKeys, timestampBeforeMaxMs, timestampAfterMaxMs } = limits
    const now = this.#options.ports.clock.now()
    const sizeInBytes = batch.sizeInBytes > maxMessageBytes ? batch.compressedSize : batch.sizeInBytes
    const problem =
      sizeInBytes > maxMessageBytes
        ? `a batch of ${sizeInBytes} bytes, because its max.message.bytes is ${maxMessageBytes}`
        : needsKeys && batch.hasNullKeys
          ? 'a record without a key, because it is compacted'
          : batch.maxTimestamp > now + timestampAfterMaxMs
            ? `the timestamp ${batch.maxTimestamp}, because its message.timestamp.after.max.ms is ${timestampAfterMaxMs}`
            : batch.minTimestamp < now - timestampBeforeMaxMs
              ? `the timestamp ${batch.minTimestamp}, because its message.timestamp.before.max.ms is ${timestampBeforeMaxMs}`
              : undefined
    if (problem !== undefined) throw new RecordRefusedError(`Topic ${name} does not take ${problem}: change the record, or the setting.`)
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new UnknownTopicError(`The embedded broker has no topic ${name}: create it.`)
    return topic
  }

  #newTopic(name: string, row: TopicRow): Topic {
    const logs = Array.from({ length: row.partitions }, (_, partition) => this.#newLog(name, row.number, partition))
    return {
      name,
      number: row.number,
      topicId: row.topicId,
      replicationFactor: row.replicationFactor,
      config: row.config,
      limits: recordLimits(row.config, this.#defaults),
      logs,
    }
  }

  #newLog(name: string, number: number, partition: number): PartitionLog {
    return new PartitionLog(
      partitionName({ topic: name, partition }),
      number,
      partition,
      this.#options.storage,
      this.#options.cache,
      (log) => {
        const topic = this.#topics.get(name)
        if (topic !== undefined) this.#options.onGrown(topic, log)
      },
      () => this.#topics.get(name)?.config ?? {},
    )
  }
}

function rowOf(topic: Topic, partitions = topic.logs.length): StorageOperation {
  const { number, topicId, replicationFactor, config } = topic
  const row: TopicRow = {
    number,
    topicId,
    partitions,
    replicationFactor,
    config,
  }
  return {
    key: textRow(TOPIC, topic.name),
    value: Buffer.from(JSON.stringify(row)),
  }
}

function checkName(name: string, existing: readonly string[]): void {
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new FatalBrokerError(`No topic can have the name ${JSON.stringify(name)}: ${problem}.`)
  const other = existing.find((candidate) => collidesWith(name, candidate))
  if (other !== undefined)
    throw new FatalBrokerError(
      `Topic ${name} would differ from topic ${other} in "." and "_" only, which Kafka refuses: choose another name.`,
    )
}

function checkPartitions(name: string, partitions: number): void {
  if (!Number.isSafeInteger(partitions) || partitions < 1) {
    throw new FatalBrokerError(`Topic ${name} cannot have ${partitions} partitions: use an integer of at least 1.`)
  }
}
