import { IncompatibleSchemaError, UnknownSchemaError, type SchemaRegistry } from './registry.ts'
import { avroType } from './avro-type.ts'

/** Persists the registry's content. */
export interface RegistryStorage {
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

interface Version {
  readonly id: number
  readonly subject: string
  readonly schema: string
}

/**
 * A registry in the process with BACKWARD compatibility: a new version must be able to read what the latest one wrote.
 * Ids never change and are never reused.
 */
export class EmbeddedRegistry implements SchemaRegistry {
  readonly #storage: RegistryStorage
  readonly #versions: Version[]
  #saving: Promise<void> = Promise.resolve()

  private constructor(storage: RegistryStorage, versions: readonly Version[]) {
    this.#storage = storage
    this.#versions = [...versions]
  }

  static async open(storage: RegistryStorage): Promise<EmbeddedRegistry> {
    const text = await storage.load()
    return new EmbeddedRegistry(storage, text === undefined ? [] : (JSON.parse(text) as Version[]))
  }

  async register(subject: string, schema: string): Promise<number> {
    const versions = this.#versions.filter((version) => version.subject === subject)
    const known = versions.find((version) => version.schema === schema)
    if (known !== undefined) return known.id
    const latest = versions.at(-1)
    if (latest !== undefined) assertReads(subject, schema, latest.schema)
    const version = { id: this.#versions.length + 1, subject, schema }
    this.#versions.push(version)
    this.#saving = this.#saving.then(() => this.#storage.save(JSON.stringify(this.#versions)))
    await this.#saving
    return version.id
  }

  async schema(id: number): Promise<string> {
    const version = this.#versions[id - 1]
    if (version === undefined) throw new UnknownSchemaError(`The registry has no schema with id ${id}.`)
    return version.schema
  }
}

function assertReads(subject: string, schema: string, latest: string): void {
  try {
    avroType(schema).createResolver(avroType(latest))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new IncompatibleSchemaError(`The new version of ${subject} cannot read what the latest one wrote: ${reason}`, { cause: error })
  }
}
