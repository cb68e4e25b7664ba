import type avro from 'avsc'
import { avroType } from './avro-type.ts'
import { bundledSchemas, byFullName, RECORD_NAMES, type RecordName, type SubjectSchema, type SubjectsOf } from './bundled-schemas.ts'
import { SCHEMAS, type Records } from './generated/records.ts'
import { RegistryUnreachableError, type SchemaRegistry } from './registry.ts'

/** Bytes of a value and back. */
export interface RecordSerde<T> {
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}

/** The registry has to be asked first: try again when `ready` has settled. It is never a reason to give a record up. */
export class SchemaNotLoadedError extends Error {
  readonly code = 'SCHEMA_NOT_LOADED'
  readonly ready: Promise<unknown>

  constructor(schema: number | string, ready: Promise<unknown>) {
    super(`Schema ${schema} is being asked for.`)
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
  readonly #schemas: readonly SubjectSchema[]
  readonly #types: ReadonlyMap<RecordName, avro.Type>
  readonly #ids = new Map<RecordName, number>()
  /** By schema id; or why nothing that was written with it can be read here. */
  readonly #writers = new Map<number, Writer | UnreadableRecordError>()
  readonly #asked = new Map<number | RecordName, Promise<unknown>>()

  private constructor(registry: SchemaRegistry, subjectsOf: SubjectsOf) {
    this.#registry = registry
    this.#schemas = bundledSchemas(subjectsOf)
    this.#types = new Map(RECORD_NAMES.map((name) => [name, avroType(SCHEMAS[name])]))
  }

  /**
   * Registers this version's schemas, each under its full name unless `subjectsOf` says otherwise. With a registry that does not answer it opens
   * all the same, and asks again for what is needed. Throws `IncompatibleSchemaError`.
   */
  static async open(registry: SchemaRegistry, subjectsOf: SubjectsOf = byFullName): Promise<RecordCodec> {
    const codec = new RecordCodec(registry, subjectsOf)
    try {
      await Promise.all(RECORD_NAMES.map((name) => codec.#register(name)))
    } catch (error) {
      if (!(error instanceof RegistryUnreachableError)) throw error
    }
    return codec
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
    const id = this.#ids.get(value.type) ?? this.#ask(value.type, () => this.#register(value.type))
    const bytes = Buffer.allocUnsafe(HEAD + payload.length)
    bytes[0] = MAGIC
    bytes.writeUInt32BE(id, 1)
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
    const writer =
      this.#writers.get(id) ?? this.#ask(id, async () => this.#writers.set(id, this.#understood(id, await this.#registry.schema(id))))
    if (writer instanceof UnreadableRecordError) throw writer
    return writer
  }

  async #register(name: RecordName): Promise<void> {
    for (const { subject, record, schema } of this.#schemas) {
      if (record !== name) continue
      const id = await this.#registry.register(subject, schema)
      this.#ids.set(name, id)
      this.#writers.set(id, { name, read: (payload) => this.#type(name).fromBuffer(payload) as object })
    }
  }

  #type(name: RecordName): avro.Type {
    const type = this.#types.get(name)
    if (type === undefined) throw new RangeError(`There is no record ${name}.`)
    return type
  }

  /** One question at a time for each thing that is missing. */
  #ask(missing: number | RecordName, question: () => Promise<unknown>): never {
    let asked = this.#asked.get(missing)
    if (asked === undefined) {
      asked = question().finally(() => this.#asked.delete(missing))
      asked.catch(() => undefined) // whoever waits for it hears of it, and nobody has to
      this.#asked.set(missing, asked)
    }
    throw new SchemaNotLoadedError(missing, asked)
  }

  #understood(id: number, schema: string): Writer | UnreadableRecordError {
    try {
      return this.#writer(schema)
    } catch (error) {
      if (error instanceof UnreadableRecordError) return error
      return new UnreadableRecordError(
        `What schema ${id} writes cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      )
    }
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
