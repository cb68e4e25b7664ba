import { COMPATIBILITY, SchemaRegistry as RegistryClient, SchemaType } from '@kafkajs/confluent-schema-registry'
import avro from 'avsc'
import { TimestampMillis } from './avro-type.ts'
import { IncompatibleSchemaError, RegistryUnreachableError, UnknownSchemaError, type SchemaRegistry } from './registry.ts'

export interface ConfluentRegistryOptions {
  /** Base URL of an API compatible with Confluent's registry; Apicurio serves it under `/apis/ccompat/v7`. */
  readonly url: string
  /** For basic authentication. */
  readonly auth?: { readonly username: string; readonly password: string }
  /** Longest wait for a response. Default 10,000 ms; the client itself has no timeout. */
  readonly timeoutMs?: number
}

const NOT_FOUND = 404
/** Name of the client's error for a 404 when it looks up a schema. */
const NOT_REGISTERED = 'ConfluentSchemaRegistryError'
const CONFLICT = 409
const UNPROCESSABLE = 422

/** Client of a registry with Confluent's API. It sets every new subject to BACKWARD compatibility. */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #client: RegistryClient
  readonly #url: string
  readonly #auth: ConfluentRegistryOptions['auth']
  readonly #timeoutMs: number

  constructor({ url, auth, timeoutMs = 10_000 }: ConfluentRegistryOptions) {
    this.#url = url
    this.#auth = auth
    this.#timeoutMs = timeoutMs
    this.#client = new RegistryClient(
      {
        host: url,
        clientId: 'bob',
        middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) })],
        ...(auth === undefined ? {} : { auth }),
      },
      // Otherwise avsc drops the logical type of timestamps, and they would be decoded as bigints.
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
      // Two processes that register the same schema concurrently can conflict when they set the subject's compatibility.
      const registered = await this.#lookUp(subject, schema)
      if (registered !== undefined) return registered
      const status = statusOf(error)
      if (status === CONFLICT || status === UNPROCESSABLE || isCompatibilityConflict(error))
        throw new IncompatibleSchemaError(`The registry refuses this version of ${subject}: ${messageOf(error)}`, { cause: error })
      throw this.#unreachable(error)
    }
  }

  /** Whether this schema is one of the subject's versions. Throws `RegistryUnreachableError`. */
  async isRegistered(subject: string, schema: string): Promise<boolean> {
    return (await this.#lookUp(subject, schema)) !== undefined
  }

  /** Resolves if the registry answers. Throws `RegistryUnreachableError`. */
  async check(): Promise<void> {
    const headers: Record<string, string> =
      this.#auth === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${this.#auth.username}:${this.#auth.password}`).toString('base64')}` }
    try {
      const { ok, status } = await fetch(`${this.#url}/schemas/types`, { headers, signal: AbortSignal.timeout(this.#timeoutMs) })
      if (!ok) throw new Error(`HTTP status ${status}`)
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  async schema(id: number): Promise<string> {
    try {
      const type = await this.#client.getSchema(id)
      if (type instanceof avro.Type) return JSON.stringify(type.schema({ exportAttrs: true }))
    } catch (error) {
      if (statusOf(error) === NOT_FOUND)
        throw new UnknownSchemaError(`The registry at ${this.#url} has no schema with id ${id}.`, { cause: error })
      throw this.#unreachable(error)
    }
    throw new UnknownSchemaError(`Schema ${id} in the registry at ${this.#url} is not Avro.`)
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

/** HTTP status of the response; undefined without a response. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined
}

/** The subject has another compatibility level, which the client does not change. */
function isCompatibilityConflict(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConfluentSchemaRegistryCompatibilityError'
}

/** The registry's message, without the prefix that the client adds. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^\w+ - (Error, status \d+: )?/, '') : String(error)
}
