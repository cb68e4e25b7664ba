import { COMPATIBILITY, SchemaRegistry as RegistryClient, SchemaType } from '@kafkajs/confluent-schema-registry'
import avro from 'avsc'
import { TimestampMillis } from './avro-type.ts'
import { IncompatibleSchemaError, RegistryUnreachableError, UnknownSchemaError, type SchemaRegistry } from './registry.ts'

export interface ConfluentRegistryOptions {
  /** Of the API that Confluent's registry has, Apicurio's under `/apis/ccompat/v7`. */
  readonly url: string
  /** For a registry behind basic authentication. */
  readonly auth?: { readonly username: string; readonly password: string }
  /** After that a request is taken to get no answer. Default 10,000 ms; the client itself would wait for ever. */
  readonly timeoutMs?: number
}

const NOT_FOUND = 404
/** The client's name for a 404 when it looks a schema up. */
const NOT_REGISTERED = 'ConfluentSchemaRegistryError'
const CONFLICT = 409
const UNPROCESSABLE = 422

/** A registry of Confluent's kind, behind its client. Every subject is held to BACKWARD compatibility. */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #client: RegistryClient
  readonly #url: string

  constructor({ url, auth, timeoutMs = 10_000 }: ConfluentRegistryOptions) {
    this.#url = url
    this.#client = new RegistryClient(
      {
        host: url,
        clientId: 'bob',
        middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) })],
        ...(auth === undefined ? {} : { auth }),
      },
      // Without it avsc forgets which longs are moments, and they would be read as amounts.
      { [SchemaType.AVRO]: { logicalTypes: { 'timestamp-millis': TimestampMillis } } },
    )
  }

  async register(subject: string, schema: string): Promise<number> {
    const known = await this.#lookUp(subject, schema)
    if (known !== undefined) return known
    try {
      const { id } = await this.#client.register({ type: SchemaType.AVRO, schema }, { subject, compatibility: COMPATIBILITY.BACKWARD })
      return id
    } catch (error) {
      // Two processes that register the same at once disturb each other in setting the subject's compatibility.
      const registered = await this.#lookUp(subject, schema)
      if (registered !== undefined) return registered
      const status = statusOf(error)
      if (status === CONFLICT || status === UNPROCESSABLE || isSetOtherwise(error))
        throw new IncompatibleSchemaError(`The registry refuses this version of ${subject}: ${messageOf(error)}`, { cause: error })
      throw this.#unreachable(error)
    }
  }

  /** Whether the subject has this very schema, as one of its versions. Throws `RegistryUnreachableError`. */
  async isRegistered(subject: string, schema: string): Promise<boolean> {
    return (await this.#lookUp(subject, schema)) !== undefined
  }

  async schema(id: number): Promise<string> {
    try {
      const type = await this.#client.getSchema(id)
      if (type instanceof avro.Type) return JSON.stringify(type.schema({ exportAttrs: true }))
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) throw new UnknownSchemaError(`No schema has the id ${id}.`, { cause: error })
      throw this.#unreachable(error)
    }
    throw new UnknownSchemaError(`The schema with the id ${id} is not Avro.`)
  }

  async #lookUp(subject: string, schema: string): Promise<number | undefined> {
    try {
      return await this.#client.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema })
    } catch (error) {
      if (error instanceof Error && error.name === NOT_REGISTERED) return undefined
      throw this.#unreachable(error)
    }
  }

  #unreachable(error: unknown): RegistryUnreachableError {
    return new RegistryUnreachableError(`The schema registry at ${this.#url} does not answer: ${messageOf(error)}`, { cause: error })
  }
}

/** Of the answer that the registry gave; undefined where it gave none. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined
}

/** The subject bears another compatibility level, which the client does not change. */
function isSetOtherwise(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConfluentSchemaRegistryCompatibilityError'
}

/** Without what the client puts in front of the registry's words. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^\w+ - (Error, status \d+: )?/, '') : String(error)
}
