import type avro from 'avsc'
import { avroType } from './avro-type.ts'
import { SCHEMAS, type Records } from './generated/records.ts'
import type { SchemaRegistry } from './registry.ts'

export type RecordName = keyof Records

/** Bytes of a value and back. */
export interface RecordSerde<T> {
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}

/** The writer's schema has to be fetched first: try again when `ready` has settled. It is never a reason to give a record up. */
export class SchemaNotLoadedError extends Error {
  readonly code = 'SCHEMA_NOT_LOADED'
  readonly ready: Promise<unknown>

  constructor(id: number, ready: Promise<unknown>) {
    super(`Schema ${id} is being fetched.`)
    this.ready = ready
  }
}

/** Bytes that are no record in the wire format, or none that is expected here. */
export class UnreadableRecordError extends Error {
  readonly code = 'RECORD_UNREADABLE'
}

const MAGIC = 0
const HEAD = 5

interface Writer {
  readonly name: RecordName
  /** Reads bytes of the writer's version as this version's record. */
  readonly read: (payload: Buffer) => object
}

/**
 * Records in Confluent's wire format: a zero byte, the schema's id in four, the Avro bytes. Written with this version's
 * schemas, read from every version there was. Nothing here waits while records flow.
 */
export class RecordCodec {
  readonly #registry: SchemaRegistry
  readonly #types: ReadonlyMap<RecordName, avro.Type>
  readonly #ids: ReadonlyMap<RecordName, number>
  readonly #writers = new Map<number, Writer>()
  readonly #loading = new Map<number, Promise<unknown>>()

  private constructor(registry: SchemaRegistry, types: ReadonlyMap<RecordName, avro.Type>, ids: ReadonlyMap<RecordName, number>) {
    this.#registry = registry
    this.#types = types
    this.#ids = ids
    for (const [name, id] of ids) this.#writers.set(id, this.#writer(SCHEMAS[name]))
  }

  /** Registers this version's schemas, each under its full name. Throws `IncompatibleSchemaError`. */
  static async open(registry: SchemaRegistry): Promise<RecordCodec> {
    const types = new Map<RecordName, avro.Type>()
    const ids = new Map<RecordName, number>()
    for (const name of Object.keys(SCHEMAS) as RecordName[]) {
      const type = avroType(SCHEMAS[name])
      types.set(name, type)
      ids.set(name, await registry.register(type.name ?? name, SCHEMAS[name]))
    }
    return new RecordCodec(registry, types, ids)
  }

  /** A serde for topics that hold these record types and no others. */
  serde<Name extends RecordName>(...names: readonly Name[]): RecordSerde<Records[Name]> {
    const expected = new Set<string>(names)
    return {
      serialize: (value) => {
        if (!expected.has(value.type)) throw new UnreadableRecordError(`A ${value.type} does not belong here, but ${names.join(', ')}.`)
        return this.#serialize(value)
      },
      deserialize: (bytes) => {
        const record = this.#deserialize(bytes)
        if (!expected.has(record.type)) throw new UnreadableRecordError(`A ${record.type} does not belong here, but ${names.join(', ')}.`)
        return record as Records[Name]
      },
    }
  }

  #serialize(value: Records[RecordName]): Uint8Array {
    const type = this.#types.get(value.type)
    const payload = type?.toBuffer(value) ?? Buffer.alloc(0)
    const bytes = Buffer.allocUnsafe(HEAD + payload.length)
    bytes[0] = MAGIC
    bytes.writeUInt32BE(this.#ids.get(value.type) ?? 0, 1)
    bytes.set(payload, HEAD)
    return bytes
  }

  #deserialize(view: Uint8Array): Records[RecordName] {
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.length)
    if (bytes.length < HEAD || bytes[0] !== MAGIC)
      throw new UnreadableRecordError('These bytes are no record: they do not begin with a schema id.')
    const writer = this.#loaded(bytes.readUInt32BE(1))
    try {
      return { ...writer.read(bytes.subarray(HEAD)), type: writer.name } as Records[RecordName]
    } catch (error) {
      throw new UnreadableRecordError(`These bytes are no ${writer.name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }

  #loaded(id: number): Writer {
    const known = this.#writers.get(id)
    if (known !== undefined) return known
    let loading = this.#loading.get(id)
    if (loading === undefined) {
      loading = this.#registry
        .schema(id)
        .then((schema) => this.#writers.set(id, this.#writer(schema)))
        .finally(() => this.#loading.delete(id))
      loading.catch(() => undefined) // whoever waits for it hears of it, and nobody has to
      this.#loading.set(id, loading)
    }
    throw new SchemaNotLoadedError(id, loading)
  }

  #writer(schema: string): Writer {
    const type = avroType(schema)
    const name = (type.name ?? '').slice((type.name ?? '').lastIndexOf('.') + 1) as RecordName
    const reader = this.#types.get(name)
    if (reader === undefined) throw new UnreadableRecordError(`This version knows no record "${name}".`)
    const resolver = reader.createResolver(type)
    return { name, read: (payload) => reader.fromBuffer(payload, resolver) as object }
  }
}
