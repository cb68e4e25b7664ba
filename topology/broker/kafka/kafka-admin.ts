import type { Admin, DescribeOptions, OffsetPlace, PartitionOffset, TopicDescription, TopicPartition, TopicSpec } from '../broker.ts'
import { FatalBrokerError, RetriableBrokerError, UnknownMemberError, UnknownTopicError } from '../errors.ts'
import { recordLimits, type RecordLimits } from '../record-limits.ts'
import { partitionName } from '../topic-partition.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './kafka-cluster.ts'
import {
  Code,
  LARGEST_BATCH_BYTES,
  alterConfigs,
  brokerError,
  check,
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeConfigs,
  leaderError,
  listOffsets,
  listOpenTransactions,
  offsetCommit,
  offsetRights,
  type TopicError,
  type TopicMetadata,
  type KafkaRequest,
} from './protocol/index.ts'

const EARLIEST = -2
const LATEST = -1
/** Gives up after this long, so that the caller re-checks for transactions left open by dead members (DECISIONS 79). */
const OPEN_TRANSACTION_TIMEOUT_MS = 3_000

export class KafkaAdmin implements Admin {
  readonly #cluster: KafkaCluster

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async brokerCount(): Promise<number> {
    return (await this.#cluster.metadata([])).nodes.length
  }

  /** Resolves when every broker reports a leader for every partition. */
  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return
    const names = topics.map(({ name }) => name)
    await this.#cluster.retrying(async () => {
      const existing = new Set((await this.#existing(names)).map(({ name }) => name))
      const missing = topics.filter(({ name }) => !existing.has(name))
      if (missing.length > 0) await this.#atController(createTopics(missing), 'CREATE', Code.topicExists)
    })
    await this.#cluster.retrying(async () => {
      const reported = (await this.#cluster.metadataOfAll(names)).flatMap((broker) => broker.topics)
      const isReady = reported.every(({ error, partitions }) => error === Code.none && partitions.every(({ leader }) => leader >= 0))
      if (!isReady) throw new RetriableBrokerError(`Topics ${names.join(', ')} do not have leaders for all partitions yet; retry.`)
    })
  }

  async describeTopics(
    names?: readonly string[],
    { withoutConfig = false, rightOn }: DescribeOptions = {},
  ): Promise<readonly TopicDescription[]> {
    if (names?.length === 0) return []
    return this.#cluster.retrying(async () => {
      const topics = await this.#existing(names, rightOn)
      if (topics.length === 0) return []
      if (withoutConfig) return topics.map((topic) => description(topic, {}, {}))
      const request = describeConfigs(topics.map(({ name }) => name))
      const configs = await this.#cluster.atController(request)
      return topics.flatMap((topic) => {
        const { name } = topic
        const found = configs.find((config) => config.topic === name)
        if (found === undefined || found.error === Code.unknownTopic) return []
        check(found.error, `DescribeConfigs for topic ${name}`, { topic: `DESCRIBE_CONFIGS on topic ${name}` })
        return [description(topic, Object.fromEntries(found.config), Object.fromEntries(found.effective))]
      })
    })
  }

  async alterTopic(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#assertExists(name)
    await this.#cluster.retrying(() => this.#atController(alterConfigs(name, config), 'ALTER_CONFIGS'))
    await this.#until(name, ({ config: now }) => Object.entries(config).every(([key, value]) => now[key] === value))
  }

  async createPartitions(name: string, partitions: number): Promise<void> {
    await this.#cluster.retrying(async () => {
      const [topic] = await this.#existing([name])
      if (topic?.partitions.length !== partitions) await this.#atController(createPartitions(name, partitions), 'ALTER')
    })
    await this.#cluster.retrying(async () => {
      for (const { topics } of await this.#cluster.metadataOfAll([name])) {
        const led = topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? []
        if (led.length < partitions) throw new RetriableBrokerError(`Topic ${name} does not have leaders for all partitions yet; retry.`)
      }
    })
  }

  /** Resolves when no broker reports the topics any more. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    const existing = await this.#existing(names)
    if (existing.length === 0) return
    const existingNames = existing.map(({ name }) => name)
    for (const { name, partitions } of existing)
      for (const { index } of partitions) this.#cluster.forgetLeader({ topic: name, partition: index })
    await this.#cluster.retrying(() => this.#atController(deleteTopics(existingNames), 'DELETE', Code.unknownTopic))
    await this.#cluster.retrying(async () => {
      const reported = (await this.#cluster.metadataOfAll(existingNames)).flatMap((broker) => broker.topics)
      if (reported.some(({ error }) => error !== Code.unknownTopic))
        throw new RetriableBrokerError(`Brokers still report some of the deleted topics ${existingNames.join(', ')}; retry.`)
    })
  }

  async listOffsets(partitions: readonly TopicPartition[], at: OffsetPlace): Promise<readonly PartitionOffset[]> {
    if (at === 'stable') return this.#stableEnds(partitions)
    const timestamp = at === 'earliest' ? EARLIEST : at === 'latest' ? LATEST : at.timestampMs
    const found = await this.#atLeaders(partitions, (partitionsOfLeader) => listOffsets(partitionsOfLeader, timestamp, true))
    const missing = partitions.filter((partition) => found.get(partitionName(partition))?.offset === -1)
    const ends = missing.length === 0 ? [] : await this.listOffsets(missing, 'latest')
    const endOf = new Map(ends.map((end) => [partitionName(end), end.offset]))
    return partitions.map(({ topic, partition }) => {
      const name = partitionName({ topic, partition })
      return { topic, partition, offset: endOf.get(name) ?? found.get(name)?.offset ?? 0 }
    })
  }

  /** Asks every broker for the ids it coordinates. A broker that does not respond loses its ids to one that does. */
  async openTransactions(): Promise<readonly string[]> {
    const received = await this.#cluster.ofAll(listOpenTransactions())
    return received.flatMap(({ error, transactionalIds }) => {
      check(error, 'ListTransactions')
      return transactionalIds
    })
  }

  /** While a transaction is open, the last stable offset is below the high watermark. */
  async #stableEnds(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    const ends = (committed: boolean) =>
      this.#atLeaders(partitions, (partitionsOfLeader) => listOffsets(partitionsOfLeader, LATEST, committed))
    const attempt = async (): Promise<readonly PartitionOffset[]> => {
      const [stable, written] = await Promise.all([ends(true), ends(false)])
      return partitions.map(({ topic, partition }) => {
        const name = partitionName({ topic, partition })
        const offset = stable.get(name)?.offset
        if (offset === undefined || offset !== written.get(name)?.offset)
          throw new RetriableBrokerError(`A transaction is still open in ${name}; retry.`)
        return { topic, partition, offset }
      })
    }
    return this.#cluster.retrying(attempt, Math.min(OPEN_TRANSACTION_TIMEOUT_MS, this.#cluster.retryTimeoutMs), TRANSACTION_PAUSE_MS)
  }

  async deleteRecords(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.#atLeaders(offsets, deleteRecords, 'DELETE')
  }

  async alterOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    const outsider = { groupId, memberId: '', generation: -1, instanceId: null }
    const request = offsetCommit(outsider, offsets)
    const checked: KafkaRequest<void> = {
      ...request,
      read: (reader) => check(request.read(reader), `${request.name} for group ${groupId}`, offsetRights(groupId, offsets)),
    }
    try {
      await this.#cluster.atCoordinator('group', groupId, checked)
    } catch (error) {
      if (!(error instanceof UnknownMemberError)) throw error
      throw new FatalBrokerError(`Group ${groupId} has members: stop them before setting its offsets.`, { cause: error })
    }
  }

  /** Sends one request to each leader with its partitions, and retries those whose leader moved. */
  async #atLeaders<P extends TopicPartition, A extends TopicPartition & { readonly error: number }>(
    partitions: readonly P[],
    requestFor: (partitions: readonly P[]) => KafkaRequest<readonly A[]>,
    right = 'DESCRIBE',
  ): Promise<ReadonlyMap<string, A>> {
    const answers = new Map<string, A>()
    await this.#cluster.retrying(async () => {
      const byLeader = new Map<number, P[]>()
      for (const partition of partitions) {
        if (answers.has(partitionName(partition))) continue
        const leader = await this.#cluster.leaderOf(partition)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
      }
      const responses = [...byLeader].map(async ([leader, partitionsOfLeader]) => {
        try {
          return await this.#cluster.request(leader, requestFor(partitionsOfLeader))
        } catch (error) {
          for (const partition of partitionsOfLeader) this.#cluster.forgetLeader(partition)
          throw error
        }
      })
      for (const answer of (await Promise.all(responses)).flat()) {
        if (answer.error === Code.none) answers.set(partitionName(answer), answer)
        else this.#cluster.forgetLeader(answer)
      }
      const unanswered = partitions.find((partition) => !answers.has(partitionName(partition)))
      if (unanswered !== undefined) {
        const error =
          (await Promise.all(responses)).flat().find((answer) => partitionName(answer) === partitionName(unanswered))?.error ?? -1
        throw leaderError(error, `${requestFor([]).name} for ${partitionName(unanswered)}`, {
          topic: `${right} on topic ${unanswered.topic}`,
        })
      }
    })
    return answers
  }

  async #existing(names?: readonly string[], rightOn: (topic: string) => string = () => 'DESCRIBE') {
    const { topics } = await this.#cluster.metadata(names)
    for (const { error, name } of topics) {
      if (error !== Code.none && error !== Code.unknownTopic && error !== Code.invalidTopic && error !== LEADERLESS)
        throw brokerError(error, `Metadata for topic ${name}`, { topic: `${rightOn(name)} on topic ${name}` })
    }
    return topics.filter(({ error, isInternal }) => (error === Code.none || error === LEADERLESS) && !isInternal)
  }

  async #assertExists(name: string): Promise<void> {
    if ((await this.#existing([name])).length === 0) throw new UnknownTopicError(`Kafka has no topic ${name}: create it.`)
  }

  /** A change reaches the brokers a moment after the controller applied it. */
  #until(name: string, met: (topic: TopicDescription) => boolean): Promise<void> {
    return this.#cluster.retrying(async () => {
      const [topic] = await this.describeTopics([name])
      if (topic === undefined || !met(topic)) throw new RetriableBrokerError(`The change to topic ${name} has not propagated yet; retry.`)
    })
  }

  async #atController(request: KafkaRequest<readonly TopicError[]>, right: string, ignoredError = Code.none as number): Promise<void> {
    const answer = await this.#cluster.atController(request)
    for (const { topic, error, message } of answer) {
      if (error === Code.none || error === ignoredError) continue
      const what = `${request.name} for topic ${topic}${message === null ? '' : ` (${message})`}`
      const failure = brokerError(error, what, { topic: `${right} on topic ${topic}`, cluster: `${right} on the cluster` })
      if (failure instanceof RetriableBrokerError) this.#cluster.forgetController()
      throw failure
    }
  }
}

function description(
  { name, topicId, partitions }: TopicMetadata,
  config: TopicDescription['config'],
  effective: Readonly<Record<string, string>>,
): TopicDescription {
  return {
    name,
    topicId,
    partitions: partitions.length,
    replicationFactor: partitions[0]?.replicas ?? 0,
    config,
    limits: limitsOf(effective),
  }
}

/** A batch that no request can carry is refused by the client; the broker would close the connection. */
function limitsOf(effective: Readonly<Record<string, string>>): RecordLimits {
  const limits = recordLimits(effective)
  return { ...limits, maxMessageBytes: Math.min(limits.maxMessageBytes, LARGEST_BATCH_BYTES) }
}

/** LEADER_NOT_AVAILABLE: the topic exists, but a partition of it has no leader. */
const LEADERLESS = 5
