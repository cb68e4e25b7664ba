import { bundledSchemas, type ConfluentRegistry, type SubjectSchema, type SubjectsOf } from '../../schemas/index.ts'
import { applyTopics, planTopics, type Broker, type TopicAction, type TopicSpec } from '../../topology/index.ts'
import { APPLICATION, bankApplication, topologyOnlyCodec } from '../application.ts'
import { allTopics } from './all-topics.ts'

export interface SynchroniserOptions {
  readonly broker: Broker
  readonly registry: ConfluentRegistry
  readonly subjectsOf: SubjectsOf
  /** Partitions of each of the bank's topics. */
  readonly partitions: number
  /** Replication factor, capped at the number of brokers. */
  readonly replication: number
  /** Delete undeclared topics that have the bank's prefix. */
  readonly prune: boolean
  /** Add missing partitions to topics whose records have no keys. */
  readonly addPartitions: boolean
}

/** How the cluster differs from the declaration. */
export interface Difference {
  readonly topics: readonly TopicAction[]
  /** Schemas of this version that are not yet registered. */
  readonly schemas: readonly SubjectSchema[]
  readonly warnings: readonly string[]
  readonly problems: readonly string[]
  readonly matches: boolean
}

/** Makes the topics and schemas of a cluster match what the bank declares. */
export class Synchroniser {
  readonly #options: SynchroniserOptions

  constructor(options: SynchroniserOptions) {
    this.#options = options
  }

  /** Changes nothing. Throws `RegistryUnreachableError` or `BrokerError`. */
  async plan(): Promise<Difference> {
    const { broker, prune, addPartitions } = this.#options
    const { actions, warnings, problems } = planTopics({
      declared: await this.#declaredTopics(),
      existing: await broker.admin.describeTopics(),
      brokers: await broker.admin.brokerCount(),
      prefix: `${APPLICATION}-`,
      prune,
      addPartitions,
    })
    const schemas = await this.#missingSchemas()
    return { topics: actions, schemas, warnings, problems, matches: actions.length + schemas.length + problems.length === 0 }
  }

  /** Carries out the plan and returns the remaining difference. Also throws `IncompatibleSchemaError`. */
  async apply({ topics, schemas }: Difference): Promise<Difference> {
    await applyTopics(this.#options.broker.admin, topics)
    for (const { subject, schema } of schemas) await this.#options.registry.register(subject, schema)
    return this.plan()
  }

  async #declaredTopics(): Promise<readonly TopicSpec[]> {
    const { partitions, replication } = this.#options
    return allTopics(bankApplication(await topologyOnlyCodec()), partitions).map((topic) => ({ ...topic, replicationFactor: replication }))
  }

  async #missingSchemas(): Promise<readonly SubjectSchema[]> {
    const { registry, subjectsOf } = this.#options
    const missing: SubjectSchema[] = []
    for (const bundled of bundledSchemas(subjectsOf))
      if (!(await registry.isRegistered(bundled.subject, bundled.schema))) missing.push(bundled)
    return missing
  }
}
