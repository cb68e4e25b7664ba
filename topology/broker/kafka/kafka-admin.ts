import type { Admin, OffsetPlace, PartitionOffset, TopicDescription, TopicPartition, TopicSpec } from '../broker.ts'
import { FatalBrokerError, RetriableBrokerError, UnknownMemberError, UnknownTopicError } from '../errors.ts'
import { partitionName } from '../topic-partition.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './cluster.ts'
import {
  Code,
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
  type TopicError,
  type KafkaRequest,
} from './protocol/index.ts'

const EARLIEST = -2
const LATEST = -1
/** Who has waited so long for a transaction looks again for whom he waits. */
const UNSETTLED_MS = 3_000

export class KafkaAdmin implements Admin {
  readonly #cluster: KafkaCluster

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async brokerCount(): Promise<number> {
    return (await this.#cluster.metadata([])).nodes.length
  }

  /** Resolves when every broker knows every partition and its leader. */
  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return
    const names = topics.map(({ name }) => name)
    await this.#cluster.retrying(async () => {
      const there = new Set((await this.#existing(names)).map(({ name }) => name))
      const missing = topics.filter(({ name }) => !there.has(name))
      if (missing.length > 0) await this.#atController(createTopics(missing), Code.topicExists)
    })
    await this.#cluster.retrying(async () => {
      const seen = (await this.#cluster.metadataOfAll(names)).flatMap((broker) => broker.topics)
      const isReady = seen.every(({ error, partitions }) => error === Code.none && partitions.every(({ leader }) => leader >= 0))
      if (!isReady) throw new RetriableBrokerError(`Not all of ${names.join(', ')} have leaders yet.`)
    })
  }

  async describeTopics(names?: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.#cluster.retrying(async () => {
      const topics = await this.#existing(names)
      if (topics.length === 0) return []
      const request = describeConfigs(topics.map(({ name }) => name))
      const configs = await this.#cluster.request(await this.#cluster.controller(), request)
      return topics.flatMap(({ name, topicId, partitions }) => {
        const found = configs.find(({ topic }) => topic === name)
        if (found === undefined || found.error === Code.unknownTopic) return []
        check(found.error, `the settings of ${name}`)
        const config = Object.fromEntries(found.config)
        return [{ name, topicId, partitions: partitions.length, replicationFactor: partitions[0]?.replicas ?? 0, config }]
      })
    })
  }

  async alterTopic(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#assertExists(name)
    await this.#cluster.retrying(() => this.#atController(alterConfigs(name, config)))
    await this.#until(name, ({ config: now }) => Object.entries(config).every(([key, value]) => now[key] === value))
  }

  async createPartitions(name: string, partitions: number): Promise<void> {
    await this.#cluster.retrying(async () => {
      const [topic] = await this.#existing([name])
      if (topic?.partitions.length !== partitions) await this.#atController(createPartitions(name, partitions))
    })
    await this.#cluster.retrying(async () => {
      for (const { topics } of await this.#cluster.metadataOfAll([name])) {
        const led = topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? []
        if (led.length < partitions) throw new RetriableBrokerError(`Not all partitions of ${name} have leaders yet.`)
      }
    })
  }

  /** Resolves when no broker tells of them any more. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    const there = await this.#existing(names)
    if (there.length === 0) return
    const going = there.map(({ name }) => name)
    for (const { name, partitions } of there)
      for (const { index } of partitions) this.#cluster.forgetLeader({ topic: name, partition: index })
    await this.#cluster.retrying(() => this.#atController(deleteTopics(going), Code.unknownTopic))
    await this.#cluster.retrying(async () => {
      const seen = (await this.#cluster.metadataOfAll(going)).flatMap((broker) => broker.topics)
      if (seen.some(({ error }) => error !== Code.unknownTopic))
        throw new RetriableBrokerError(`Not all of ${going.join(', ')} are gone yet.`)
    })
  }

  async listOffsets(partitions: readonly TopicPartition[], at: OffsetPlace): Promise<readonly PartitionOffset[]> {
    if (at === 'settled') return this.#settledEnds(partitions)
    const timestamp = at === 'earliest' ? EARLIEST : at === 'latest' ? LATEST : at.timestampMs
    const found = await this.#atLeaders(partitions, (of) => listOffsets(of, timestamp, true), 'its offsets')
    const missing = partitions.filter((partition) => found.get(partitionName(partition))?.offset === -1)
    const ends = missing.length === 0 ? [] : await this.listOffsets(missing, 'latest')
    const endOf = new Map(ends.map((end) => [partitionName(end), end.offset]))
    return partitions.map(({ topic, partition }) => {
      const name = partitionName({ topic, partition })
      return { topic, partition, offset: endOf.get(name) ?? found.get(name)?.offset ?? 0 }
    })
  }

  /** Asks every broker for those that it coordinates. One that does not answer coordinates none, or not for long. */
  async openTransactions(): Promise<readonly string[]> {
    const { nodes } = await this.#cluster.metadata([])
    const answers = await Promise.allSettled(nodes.map(({ id }) => this.#cluster.request(id, listOpenTransactions())))
    const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (heard.length === 0) throw new RetriableBrokerError('No broker tells of its transactions.')
    return heard.flatMap(({ error, transactionalIds }) => {
      check(error, 'the open transactions')
      return transactionalIds
    })
  }

  /** An open transaction lies between the last stable offset and the last one written. */
  async #settledEnds(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    const ends = (committed: boolean) => this.#atLeaders(partitions, (of) => listOffsets(of, LATEST, committed), 'its end')
    const attempt = async (): Promise<readonly PartitionOffset[]> => {
      const [stable, written] = await Promise.all([ends(true), ends(false)])
      return partitions.map(({ topic, partition }) => {
        const name = partitionName({ topic, partition })
        const offset = stable.get(name)?.offset
        if (offset === undefined || offset !== written.get(name)?.offset)
          throw new RetriableBrokerError(`A transaction is open in ${name}.`)
        return { topic, partition, offset }
      })
    }
    return this.#cluster.retrying(attempt, Math.min(UNSETTLED_MS, this.#cluster.retryTimeoutMs), TRANSACTION_PAUSE_MS)
  }

  async deleteRecords(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.#atLeaders(offsets, deleteRecords, 'a deletion')
  }

  async alterOffsets(groupId: string, offsets: readonly PartitionOffset[]): Promise<void> {
    const outsider = { groupId, memberId: '', generation: -1, instanceId: null }
    const request = offsetCommit(outsider, offsets)
    const checked: KafkaRequest<void> = { ...request, read: (reader) => check(request.read(reader), `new offsets for group ${groupId}`) }
    try {
      await this.#cluster.atCoordinator('group', groupId, checked)
    } catch (error) {
      if (!(error instanceof UnknownMemberError)) throw error
      throw new FatalBrokerError(`The group ${groupId} has members: stop them before its offsets are set.`, { cause: error })
    }
  }

  /** Asks each partition's leader for its own; again for those that have moved meanwhile. */
  async #atLeaders<P extends TopicPartition, A extends TopicPartition & { readonly error: number }>(
    partitions: readonly P[],
    requestFor: (of: readonly P[]) => KafkaRequest<readonly A[]>,
    what: string,
  ): Promise<ReadonlyMap<string, A>> {
    const answers = new Map<string, A>()
    await this.#cluster.retrying(async () => {
      const byLeader = new Map<number, P[]>()
      for (const partition of partitions) {
        if (answers.has(partitionName(partition))) continue
        const leader = await this.#cluster.leaderOf(partition)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
      }
      const asked = [...byLeader].map(async ([leader, of]) => {
        try {
          return await this.#cluster.request(leader, requestFor(of))
        } catch (error) {
          for (const partition of of) this.#cluster.forgetLeader(partition)
          throw error
        }
      })
      for (const answer of (await Promise.all(asked)).flat()) {
        if (answer.error === Code.none) answers.set(partitionName(answer), answer)
        else this.#cluster.forgetLeader(answer)
      }
      const unanswered = partitions.find((partition) => !answers.has(partitionName(partition)))
      if (unanswered !== undefined) {
        const error = (await Promise.all(asked)).flat().find((answer) => partitionName(answer) === partitionName(unanswered))?.error ?? -1
        throw leaderError(error, `${partitionName(unanswered)} for ${what}`)
      }
    })
    return answers
  }

  async #existing(names?: readonly string[]) {
    const { topics } = await this.#cluster.metadata(names)
    for (const { error, name } of topics) {
      if (error !== Code.none && error !== Code.unknownTopic && error !== LEADERLESS) throw brokerError(error, `a description of ${name}`)
    }
    return topics.filter(({ error, isInternal }) => (error === Code.none || error === LEADERLESS) && !isInternal)
  }

  async #assertExists(name: string): Promise<void> {
    if ((await this.#existing([name])).length === 0) throw new UnknownTopicError(`There is no topic ${name}.`)
  }

  /** Brokers hear of a change a moment after the controller has made it. */
  #until(name: string, met: (topic: TopicDescription) => boolean): Promise<void> {
    return this.#cluster.retrying(async () => {
      const [topic] = await this.describeTopics([name])
      if (topic === undefined || !met(topic)) throw new RetriableBrokerError(`The change to ${name} is not to be seen yet.`)
    })
  }

  async #atController(request: KafkaRequest<readonly TopicError[]>, passedOver = Code.none as number): Promise<void> {
    const answer = await this.#cluster.request(await this.#cluster.controller(), request)
    for (const { topic, error, message } of answer) {
      if (error === Code.none || error === passedOver) continue
      const wrong = brokerError(error, `${request.name} of ${topic}${message === null ? '' : ` (${message})`}`)
      if (wrong instanceof RetriableBrokerError) await this.#cluster.metadata([])
      throw wrong
    }
  }
}

/** The topic is there, and a partition of it has no leader. */
const LEADERLESS = 5
