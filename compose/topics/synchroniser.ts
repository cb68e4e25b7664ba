import { bundledSchemas, type ConfluentRegistry, type SubjectSchema, type SubjectsOf } from '../../schemas/index.ts'
import { applyTopics, planTopics, type Broker, type TopicAction, type TopicSpec } from '../../topology/index.ts'
import { APPLICATION, bankApplication, drawingCodec } from '../application.ts'
import { allTopics } from './all-topics.ts'

export interface SynchroniserOptions {
  readonly broker: Broker
  readonly registry: ConfluentRegistry
  readonly subjectsOf: SubjectsOf
  /** Of each topic of the bank's. */
  readonly partitions: number
  /** Capped to the number of brokers. */
  readonly replication: number
  readonly prune: boolean
  readonly addPartitions: boolean
}

/** What is between the cluster and what is declared. */
export interface Difference {
  readonly topics: readonly TopicAction[]
  /** Subjects that lack this version's schema. */
  readonly schemas: readonly SubjectSchema[]
  readonly warnings: readonly string[]
  readonly problems: readonly string[]
  readonly matches: boolean
}

/** Brings topics and schemas of a cluster to what the bank declares. */
export class Synchroniser {
  readonly #options: SynchroniserOptions

  constructor(options: SynchroniserOptions) {
    this.#options = options
  }

  /** Changes nothing. Throws `RegistryUnreachableError` and what the broker throws. */
  async plan(): Promise<Difference> {
    const { broker, prune, addPartitions } = this.#options
    const { actions, warnings, problems } = planTopics({
      declared: await this.#wanted(),
      existing: await broker.admin.describeTopics(),
      brokers: await broker.admin.brokerCount(),
      prefix: `${APPLICATION}-`,
      prune,
      addPartitions,
    })
    const schemas = await this.#missingSchemas()
    return { topics: actions, schemas, warnings, problems, matches: actions.length + schemas.length + problems.length === 0 }
  }

  /** Does what the plan says; answers with what is left. Throws `IncompatibleSchemaError` too. */
  async apply({ topics, schemas }: Difference): Promise<Difference> {
    await applyTopics(this.#options.broker.admin, topics)
    for (const { subject, schema } of schemas) await this.#options.registry.register(subject, schema)
    return this.plan()
  }

  async #wanted(): Promise<readonly TopicSpec[]> {
    const { partitions, replication } = this.#options
    return allTopics(bankApplication(await drawingCodec()), partitions).map((topic) => ({ ...topic, replicationFactor: replication }))
  }

  async #missingSchemas(): Promise<readonly SubjectSchema[]> {
    const { registry, subjectsOf } = this.#options
    const missing: SubjectSchema[] = []
    for (const one of bundledSchemas(subjectsOf)) if (!(await registry.isRegistered(one.subject, one.schema))) missing.push(one)
    return missing
  }
}
