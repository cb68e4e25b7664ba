import type { Compression } from '../../state/index.ts'
import {
  DEFAULT_RECORD_LIMITS,
  NotAuthorizedError,
  prepareCompression,
  RecordCheck,
  topicNameProblem,
  type Admin,
  type OffsetAndMetadata,
  type RecordRefusedError,
  type TopicDescription,
  type TopicPartition,
} from '../broker/index.ts'
import type { Topology } from '../graph/index.ts'
import { FatalStreamsError, RetriableError } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { deadLetterTopic, internalTopicName, internalTopics } from './internal-topics.ts'

export interface TopicTableOptions {
  readonly applicationId: string
  readonly topology: Topology
  readonly admin: Admin
  readonly ports: Pick<Ports, 'clock' | 'logger'>
  /** Further topics that sinks may choose for a record. Others are looked up when they are chosen for the first time. */
  readonly outputs?: readonly string[]
  /** The application's, for all topics that choose none themselves. */
  readonly compression?: Compression | undefined
}

/** The group's committed offsets of these partitions, as they are at the moment, with their metadata. */
export type StoredOffsets = (partitions: readonly TopicPartition[]) => Promise<readonly OffsetAndMetadata[]>

type Descriptions = ReadonlyMap<string, TopicDescription>

/** Kafka's default of `delete.retention.ms`. */
const DEFAULT_DELETE_RETENTION_MS = 86_400_000
/** Suffix of a changelog's name, after the name of its store. */
const CHANGELOG = '-changelog'
const REPARTITION = '-repartition'

/**
 * The topics an application uses, by their names in the topology, with their descriptions from the broker. Only those are asked for. What
 * the application reads or keeps its state in must stay the topic that it was: the same id, and for state the same partition count.
 */
export class TopicTable {
  readonly deadLetters: string
  readonly #applicationId: string
  readonly #admin: Admin
  readonly #topology: Topology
  readonly #ports: TopicTableOptions['ports']
  /** Names on the broker, by internal topic. */
  readonly #internal: ReadonlyMap<string, string>
  readonly #repartitions: ReadonlySet<string>
  /** Names on the broker, by store. */
  readonly #changelogs: ReadonlyMap<string, string>
  /** Changelogs that grow with the number of tasks. */
  readonly #growing: ReadonlySet<string>
  /** Topics that exist before the application starts and that it reads. */
  readonly #sources: readonly string[]
  /** External topics that it writes; those that a sink chooses per record are added when they are. */
  readonly #outputs: Set<string>
  /** Of internal topics that choose themselves, by name on the broker. */
  readonly #internalCompressions: ReadonlyMap<string, Compression>
  readonly #compression: Compression | undefined
  readonly #known = new Map<string, TopicDescription>()
  readonly #checks = new Map<string, RecordCheck>()
  /** Topics whose settings this principal may not read: they are not asked for again. */
  readonly #unreadable = new Set<string>()
  #leftovers: readonly string[] = []

  constructor({ applicationId, topology, admin, ports, outputs = [], compression }: TopicTableOptions) {
    const { globalStores, internalTopics: internal, subtopologies } = topology
    this.#applicationId = applicationId
    this.#admin = admin
    this.#topology = topology
    this.#ports = ports
    this.#compression = compression
    this.#internal = new Map(internal.map((topic) => [topic.name, internalTopicName(applicationId, topic)]))
    this.#internalCompressions = new Map(
      internal.flatMap((topic) => (topic.compression === undefined ? [] : [[this.nameOf(topic.name), topic.compression]])),
    )
    this.#repartitions = new Set(internal.filter(({ kind }) => kind === 'repartition').map(({ name }) => this.nameOf(name)))
    const changelogs = internal.filter(({ kind }) => kind === 'changelog')
    this.#changelogs = new Map(changelogs.map(({ name }) => [name.slice(0, -CHANGELOG.length), this.nameOf(name)]))
    this.#growing = new Set(changelogs.filter(({ growsWithTasks }) => growsWithTasks).map(({ name }) => this.nameOf(name)))
    this.deadLetters = deadLetterTopic(applicationId)
    const read = [...subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...globalStores.map(({ topic }) => topic)]
    this.#sources = [...new Set(read)].filter((topic) => !this.#internal.has(topic))
    const written = subtopologies.flatMap(({ nodes }) => nodes.map((node) => (node.kind === 'sink' ? node.topic : undefined)))
    const fixed = written.filter((topic) => typeof topic === 'string').filter((topic) => !this.#internal.has(topic))
    this.#outputs = new Set([...fixed, ...outputs])
  }

  /** The topic's name on the broker. */
  nameOf(name: string): string {
    return this.#internal.get(name) ?? name
  }

  partitions(topic: string): number | undefined {
    return this.#known.get(topic)?.partitions
  }

  /** Finds the records that the topic does not take. Always the same object for a topic; it follows what is known of the topic's settings. */
  check(topic: string): RecordCheck {
    let check = this.#checks.get(topic)
    if (check === undefined) {
      check = new RecordCheck(topic, this.#known.get(topic)?.limits ?? DEFAULT_RECORD_LIMITS, () => this.#ports.clock.now())
      this.#checks.set(topic, check)
    }
    return check
  }

  /** How batches for a topic are compressed, unless a sink chooses: as the internal topic says, else as the application says. */
  compressionOf(topic: string): Compression {
    return this.#internalCompressions.get(topic) ?? this.#compression ?? 'none'
  }

  /** A topic that is created again has another id. */
  topicIdOf(topic: string): string | undefined {
    return this.#known.get(topic)?.topicId
  }

  changelogOf(store: string): string | undefined {
    return this.#changelogs.get(store)
  }

  /** The topic id of each store's changelog, which changes if the topic is recreated. */
  changelogIds(stores: readonly string[]): Readonly<{ [topic: string]: string }> {
    const topics = stores.map((store) => this.changelogOf(store)).filter((topic) => topic !== undefined)
    return Object.fromEntries(topics.map((topic) => [topic, this.topicIdOf(topic) ?? '']))
  }

  /**
   * Changelogs and repartition topics that begin like those of this application and belong to no store or operator of it: left over from a topology
   * of before, or of an application whose id begins with this one's. Looked for by a start that lacks some internal topics, as after a store
   * was renamed.
   */
  get leftovers(): readonly string[] {
    return this.#leftovers
  }

  isRepartition(topic: string): boolean {
    return this.#repartitions.has(topic)
  }

  /** A changelog that holds no store of the topology, but what the engine itself keeps for each task. */
  isBookkeeping(topic: string): boolean {
    return this.#growing.has(topic)
  }

  /** How long at least a tombstone stays readable in the changelogs of these stores, in milliseconds. */
  deleteRetentionMs(stores: readonly string[]): number {
    const configs = stores.map((store) => this.#known.get(this.changelogOf(store) ?? '')?.config)
    return Math.min(...configs.map((config) => Number(config?.['delete.retention.ms'] ?? DEFAULT_DELETE_RETENTION_MS)))
  }

  /** The number of tasks of a sub-topology: the partition count of its largest source topic. */
  taskCount(sourceTopics: readonly string[]): number {
    return Math.max(0, ...sourceTopics.map((topic) => this.partitions(this.nameOf(topic)) ?? 0))
  }

  /** Reads what tells the number of tasks: source and repartition topics. Throws `FatalStreamsError` if a source topic is missing. */
  async find(): Promise<void> {
    this.#learn(this.#withSources(await this.#describe([...this.#sources, ...this.#repartitions])))
  }

  /**
   * Describes all topics, and creates internal ones that are missing. Throws `FatalStreamsError` if a source topic, a sink's topic or one of
   * `otherOutputs` is missing, if an internal one was deleted after the application had used it, or if partition counts do not match.
   */
  async ensure(storedOffsets: StoredOffsets, otherOutputs: readonly string[] = []): Promise<void> {
    for (const topic of otherOutputs) this.#outputs.add(topic)
    this.#learn(this.#withSources(await this.#describe(this.#names())))
    this.#assertOutputs(otherOutputs)
    await this.#prepareCompressions()
    await this.#readSettings()
    const specs = internalTopics(
      this.#applicationId,
      this.#topology,
      (topic) => this.partitions(topic),
      (topic) => this.#known.get(topic)?.limits.maxMessageBytes,
    )
    const missing = specs.filter(({ name }) => !this.#known.has(name))
    if (missing.length > 0) {
      if (missing.length < specs.length) this.#leftovers = await this.#findLeftovers()
      const stored = await storedOffsets(this.#inputs().flatMap((topic) => this.#partitionsOf(topic)))
      const used = stored.filter(({ metadata = '' }) => metadata !== '') // offsets that were set by hand, or by Kafka's tools, have none
      for (const { name } of missing) this.#assertNew(name, used)
      await this.#admin.createTopics(missing)
      this.#learn(await this.#describe(missing.map(({ name }) => name)))
      await this.#readSettings()
    }
    this.#assertCounts(this.#known)
    await this.#growWithTasks()
  }

  /**
   * Describes all topics again. Throws `FatalStreamsError`, and keeps what was known, when a source or internal topic is gone or was created
   * again, or when one has grown that must not.
   */
  async refresh(): Promise<void> {
    const described = await this.#describe(this.#names())
    for (const topic of [...this.#sources, ...this.#internal.values(), this.deadLetters]) this.#assertSame(topic, described.get(topic))
    this.#assertCounts(described)
    for (const output of this.#outputs) if (!described.has(output)) this.#known.delete(output)
    this.#learn(described)
    await this.#readSettings()
    await this.#growWithTasks()
  }

  missing(topic: string): RetriableError {
    this.#outputs.add(topic)
    const looking = this.#describe([topic]).then(async (described) => {
      this.#learn(described)
      if (described.size > 0) await this.#readSettings()
    })
    return outdated(`Cannot write to topic "${topic}": it does not exist. Create it.`, looking)
  }

  /** The broker has refused what fits the settings that are known: they have changed, or this client may not read them. */
  refused(error: RecordRefusedError): RetriableError {
    return outdated(`${error.message} The topics are looked up again.`, this.#readSettings(), error)
  }

  #assertOutputs(others: readonly string[]): void {
    const sinks = this.#topology.subtopologies.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'sink' ? [node.topic] : [])))
    const fixed = [...sinks, ...others].filter((topic) => typeof topic === 'string')
    const missing = [...new Set(fixed)].filter((topic) => !this.#internal.has(topic) && !this.#known.has(topic))
    if (missing.length === 0) return
    const named = missing.map((topic) => {
      const problem = topicNameProblem(topic)
      return problem === undefined ? topic : `${JSON.stringify(topic)} (no topic can have this name: ${problem})`
    })
    throw new FatalStreamsError(
      `Output topics are missing: ${named.join(', ')}. Create them before starting the application; a cluster's auto.create.topics.enable does not apply.`,
    )
  }

  async #prepareCompressions(): Promise<void> {
    const ofSinks = this.#topology.subtopologies.flatMap(({ nodes }) =>
      nodes.flatMap((node) => (node.kind === 'sink' ? node.compression : undefined) ?? []),
    )
    await Promise.all([this.#compression ?? 'none', ...this.#internalCompressions.values(), ...ofSinks].map(prepareCompression))
  }

  #names(): readonly string[] {
    return [...new Set([...this.#sources, ...this.#internal.values(), this.deadLetters, ...this.#outputs])]
  }

  /**
   * The settings of what the application writes. They need a right of their own: where it is missing on some topic, those of changelogs are
   * read alone, and where it is missing there, too, Kafka's defaults are assumed.
   */
  async #readSettings(): Promise<void> {
    const written = [...new Set([...this.#internal.values(), this.deadLetters, ...this.#outputs])]
    const known = written.filter((name) => this.#known.has(name) && !this.#unreadable.has(name))
    const changelogs = [...this.#changelogs.values()]
    try {
      await this.#readSettingsOf(known).catch((error: unknown) => {
        if (!(error instanceof NotAuthorizedError)) throw error
        for (const name of known) if (!changelogs.includes(name)) this.#unreadable.add(name)
        return this.#readSettingsOf(known.filter((name) => changelogs.includes(name)))
      })
    } catch (error) {
      if (!(error instanceof NotAuthorizedError)) throw error
      for (const name of known) this.#unreadable.add(name)
      this.#ports.logger.info(
        'the settings of topics may not be read: the defaults of delete.retention.ms and max.message.bytes are assumed',
        {
          code: 'settings-not-readable',
          reason: error.message,
          deleteRetentionMs: DEFAULT_DELETE_RETENTION_MS,
        },
      )
    }
  }

  async #readSettingsOf(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    for (const { name, config, limits } of await this.#admin.describeTopics(names)) {
      const known = this.#known.get(name)
      if (known !== undefined) this.#known.set(name, { ...known, config, limits })
      const check = this.#checks.get(name)
      if (check !== undefined) check.limits = limits
    }
  }

  async #describe(names: readonly string[]): Promise<Descriptions> {
    const described = await this.#admin.describeTopics(names, { withoutConfig: true, rightOn: (topic) => this.#rightOn(topic) })
    return new Map(described.map((topic) => [topic.name, topic]))
  }

  #rightOn(topic: string): string {
    if (this.#sources.includes(topic)) return this.#outputs.has(topic) ? 'READ and WRITE' : 'READ'
    return this.#outputs.has(topic) ? 'WRITE' : 'READ and WRITE'
  }

  #learn(described: Descriptions): void {
    for (const [name, topic] of described) {
      const { config, limits } = this.#known.get(name) ?? topic
      this.#known.set(name, { ...topic, config, limits })
    }
  }

  #withSources(described: Descriptions): Descriptions {
    const missing = this.#sources.filter((topic) => !described.has(topic))
    if (missing.length > 0)
      throw new FatalStreamsError(`Source topics are missing: ${missing.join(', ')}. Create them before starting the application.`)
    return described
  }

  /** A topic that the application uses is the one that it has used so far. */
  #assertSame(topic: string, found: TopicDescription | undefined): void {
    const knownId = this.topicIdOf(topic)
    if (found === undefined)
      throw new FatalStreamsError(
        this.#sources.includes(topic)
          ? `Source topic ${topic} was deleted. ${this.resetAdvice} Then create the topic and start the instances.`
          : `Internal topic ${topic} was deleted, and what it held is lost. ${this.resetAdvice}`,
      )
    if (knownId !== undefined && found.topicId !== knownId) throw this.recreated(topic, knownId, found.topicId)
  }

  /** For a topic whose id is not the one that the application's offsets and state belong to. */
  recreated(topic: string, formerId: string, id: string): FatalStreamsError {
    return new FatalStreamsError(
      `Topic ${topic} was deleted and created again: it has id ${id}, and the offsets and state of application ${this.#applicationId} belong ` +
        `to the one with id ${formerId}. ${this.resetAdvice}`,
    )
  }

  /** How an operator starts the application from the beginning. */
  get resetAdvice(): string {
    const id = this.#applicationId
    return (
      `Stop all instances and reset the application: delete its internal topics (${id}-…), the offsets of group ${id} and the instances' ` +
      'state directories. All input that is left is then processed again.'
    )
  }

  /** Source and repartition topics: what the group has offsets of. */
  #inputs(): readonly string[] {
    return [...new Set(this.#topology.subtopologies.flatMap(({ sourceTopics }) => sourceTopics.map((topic) => this.nameOf(topic))))]
  }

  /** The only request that names no topics. Kafka leaves out those that the principal may not describe. */
  async #findLeftovers(): Promise<readonly string[]> {
    const own = new Set(this.#internal.values())
    const names = (await this.#admin.describeTopics(undefined, { withoutConfig: true })).map(({ name }) => name)
    return names.filter(
      (name) => name.startsWith(`${this.#applicationId}-`) && (name.endsWith(CHANGELOG) || name.endsWith(REPARTITION)) && !own.has(name),
    )
  }

  #partitionsOf(topic: string): readonly TopicPartition[] {
    return Array.from({ length: this.partitions(topic) ?? 0 }, (_, partition) => ({ topic, partition }))
  }

  /**
   * An internal topic that is missing was never used: no task has committed offsets of the sub-topologies that read or write it. Offsets that were
   * set from outside, by StreamsResetter for instance, do not count.
   */
  #assertNew(topic: string, offsets: readonly OffsetAndMetadata[]): void {
    const users = this.#topology.subtopologies.filter(
      ({ nodes, sourceTopics, stores }) =>
        topic === this.deadLetters ||
        stores.some(({ name }) => this.changelogOf(name) === topic) ||
        sourceTopics.some((source) => this.nameOf(source) === topic) ||
        nodes.some((node) => node.kind === 'sink' && typeof node.topic === 'string' && this.nameOf(node.topic) === topic),
    )
    const inputs = users.flatMap(({ sourceTopics }) => sourceTopics.map((source) => this.nameOf(source)))
    const used = offsets.find((offset) => inputs.includes(offset.topic))
    if (used === undefined) return
    throw new FatalStreamsError(
      `Internal topic ${topic} does not exist, but group ${this.#applicationId} has committed offsets of ${used.topic}: the topic was deleted, ` +
        `and what it held is lost. ${this.resetAdvice} If the topic is new in this version of the topology, create it before the start` +
        `${this.#leftovers.length === 0 ? '.' : `; a store or an operator that was renamed starts empty, and left ${this.#leftovers.join(', ')}.`}`,
    )
  }

  /** Every task finds its state in one partition of its changelogs, and joined topics have equal counts. */
  #assertCounts(described: Descriptions): void {
    const countOf = (topic: string): number | undefined => described.get(this.nameOf(topic))?.partitions
    for (const { id, sourceTopics, stores } of this.#topology.subtopologies) {
      const tasks = Math.max(0, ...sourceTopics.map((topic) => countOf(topic) ?? 0))
      for (const { name } of stores) {
        const changelog = this.changelogOf(name)
        const partitions = changelog === undefined ? undefined : described.get(changelog)?.partitions
        if (changelog === undefined || this.#growing.has(changelog) || partitions === undefined || partitions === tasks) continue
        const largest = this.nameOf(sourceTopics.find((topic) => countOf(topic) === tasks) ?? '')
        throw new FatalStreamsError(
          `Source topic ${largest} of sub-topology ${id} has ${tasks} partitions instead of ${partitions}, but its state cannot follow: changelog ` +
            `${changelog} has ${partitions}, and a key's records would reach a task without the key's state. Copy the records into a topic ` +
            `with ${partitions} partitions and read that one, or start from the beginning. ${this.resetAdvice}`,
        )
      }
    }
    this.#assertCopartitioned(countOf)
  }

  #assertCopartitioned(countOf: (topic: string) => number | undefined): void {
    for (const topics of this.#topology.copartitioned) {
      if (new Set(topics.map(countOf)).size <= 1) continue
      const counts = topics.map((topic) => `${topic} has ${countOf(topic)}`)
      throw new FatalStreamsError(`Joined topics must have the same number of partitions: ${counts.join(', ')}.`)
    }
  }

  /** Adds partitions to the changelogs that have one per task; another instance may do the same. */
  async #growWithTasks(): Promise<void> {
    for (const { sourceTopics, stores } of this.#topology.subtopologies) {
      const tasks = this.taskCount(sourceTopics)
      for (const { name } of stores) {
        const changelog = this.changelogOf(name)
        if (changelog === undefined || !this.#growing.has(changelog) || (this.partitions(changelog) ?? tasks) >= tasks) continue
        await this.#admin.createPartitions(changelog, tasks).catch(async (error: unknown) => {
          const found = (await this.#describe([changelog])).get(changelog)
          if ((found?.partitions ?? 0) < tasks) throw error
        })
        this.#learn(await this.#describe([changelog]))
      }
    }
  }
}

function outdated(message: string, ready: Promise<void>, cause?: Error): RetriableError {
  ready.catch(() => undefined) // a task that is revoked meanwhile does not wait
  return new RetriableError(message, { ready, cause })
}
