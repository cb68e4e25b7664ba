import type { Admin, TopicDescription } from '../broker/index.ts'
import type { Topology } from '../graph/index.ts'
import { FatalStreamsError, RetriableError } from '../errors.ts'
import { deadLetterTopic, internalTopicName, internalTopics } from './internal-topics.ts'

/** Kafka's default of `delete.retention.ms`. */
const DEFAULT_DELETE_RETENTION_MS = 86_400_000
/** Suffix of a changelog's name, after the name of its store. */
const CHANGELOG = '-changelog'
const REPARTITION = '-repartition'

/** The topics an application uses, by their names in the topology, with their descriptions from the broker. */
export class TopicTable {
  readonly deadLetters: string
  readonly #applicationId: string
  readonly #admin: Admin
  readonly #topology: Topology
  /** Names on the broker, by internal topic. */
  readonly #internal: ReadonlyMap<string, string>
  readonly #repartitions: ReadonlySet<string>
  readonly #changelogs: ReadonlyMap<string, string>
  readonly #known = new Map<string, TopicDescription>()

  constructor(applicationId: string, topology: Topology, admin: Admin) {
    this.#applicationId = applicationId
    this.#admin = admin
    this.#topology = topology
    this.#internal = new Map(topology.internalTopics.map((topic) => [topic.name, internalTopicName(applicationId, topic)]))
    this.#repartitions = new Set(topology.internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => this.nameOf(name)))
    const changelogs = topology.internalTopics.filter(({ kind }) => kind === 'changelog')
    this.#changelogs = new Map(changelogs.map(({ name }) => [name.slice(0, -CHANGELOG.length), this.nameOf(name)]))
    this.deadLetters = deadLetterTopic(applicationId)
  }

  /** The topic's name on the broker. */
  nameOf(name: string): string {
    return this.#internal.get(name) ?? name
  }

  partitions(topic: string): number | undefined {
    return this.#known.get(topic)?.partitions
  }

  changelogOf(store: string): string | undefined {
    return this.#changelogs.get(store)
  }

  /** The topic id of each store's changelog, which changes if the topic is recreated. */
  changelogIds(stores: readonly string[]): Readonly<{ [topic: string]: string }> {
    const topics = stores.map((store) => this.changelogOf(store)).filter((topic) => topic !== undefined)
    return Object.fromEntries(topics.map((topic) => [topic, this.#known.get(topic)?.topicId ?? '']))
  }

  /**
   * Changelogs and repartition topics that begin like those of this application and belong to no store or operator of it: left over from a topology
   * of before, or of an application whose id begins with this one's.
   */
  leftovers(): readonly string[] {
    const own = new Set(this.#internal.values())
    return [...this.#known.keys()].filter(
      (name) => name.startsWith(`${this.#applicationId}-`) && (name.endsWith(CHANGELOG) || name.endsWith(REPARTITION)) && !own.has(name),
    )
  }

  isRepartition(topic: string): boolean {
    return this.#repartitions.has(topic)
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

  /** Reads the topic descriptions. Throws `FatalStreamsError` if a source topic is missing. */
  async find(): Promise<void> {
    await this.refresh()
    this.#assertSources()
  }

  /** Creates missing internal topics. Throws `FatalStreamsError` if a source topic is missing or joined topics differ in partitions. */
  async ensure(): Promise<void> {
    await this.find()
    const specs = internalTopics(this.#applicationId, this.#topology, (topic) => this.partitions(topic))
    const missing = specs.filter(({ name }) => !this.#known.has(name))
    if (missing.length > 0) {
      await this.#admin.createTopics(missing)
      await this.refresh()
    }
    this.#assertCopartitioned()
  }

  async refresh(): Promise<void> {
    for (const description of await this.#admin.describeTopics()) this.#known.set(description.name, description)
  }

  missing(topic: string): RetriableError {
    return new RetriableError(`Cannot write to topic "${topic}": it does not exist. Create it.`, { ready: this.refresh() })
  }

  #assertSources(): void {
    const sources = this.#topology.subtopologies.flatMap(({ sourceTopics }) => sourceTopics)
    const globals = this.#topology.globalStores.map(({ topic }) => topic)
    const missing = [...sources, ...globals].filter((topic) => !this.#internal.has(topic) && !this.#known.has(topic))
    if (missing.length > 0)
      throw new FatalStreamsError(
        `Source topics are missing: ${[...new Set(missing)].join(', ')}. Create them before starting the application.`,
      )
  }

  #assertCopartitioned(): void {
    for (const topics of this.#topology.copartitioned) {
      const counts = topics.map((topic) => `${topic} has ${this.partitions(this.nameOf(topic))}`)
      if (new Set(topics.map((topic) => this.partitions(this.nameOf(topic)))).size > 1) {
        throw new FatalStreamsError(`Joined topics must have the same number of partitions: ${counts.join(', ')}.`)
      }
    }
  }
}
