import type avro from 'avsc'
import { avroType } from './avro-type.ts'
import { bundledSchemas, byFullName, RECORD_NAMES, type RecordName, type SubjectSchema, type SubjectsOf } from './bundled-schemas.ts'
import { SCHEMAS, type Records } from './generated/records.ts'
import { RegistryUnreachableError, type SchemaRegistry } from './registry.ts'

/** Turns records into bytes and back. Declared with properties, not methods, so that a serde that lacks a record type does not compile. */
export interface RecordSerde<T> {
  /** Of all these serdes: a record says itself of which schema it is. */
  readonly format: 'avro'
  readonly serialize: (value: T) => Uint8Array
  readonly deserialize: (bytes: Uint8Array) => T
}

/** The schema is being requested from the registry; retry when `ready` has settled. Never a reason to send the record to the dead letters. */
export class SchemaNotLoadedError extends Error {
  readonly code = 'SCHEMA_NOT_LOADED'
  readonly ready: Promise<unknown>

  constructor(schema: number | string, ready: Promise<unknown>) {
    super(`Schema ${schema} is not loaded yet: it has been requested from the registry.`)
    this.ready = ready
  }
}

/** The bytes are not a record in the wire format, or hold a record type that is not expected here. */
export class UnreadableRecordError extends Error {
  readonly code = 'RECORD_UNREADABLE'
}

const MAGIC = 0
const HEADER_LENGTH = 5

interface Writer {
  readonly name: RecordName
  /** Decodes bytes of the writer's version into this version's record. */
  readonly read: (payload: Buffer) => object
}

/**
 * Records in Confluent's wire format: a zero byte, the schema id in four bytes, the Avro bytes. Writes with this version's schemas and reads
 * records of every registered version. Encoding and decoding are synchronous: a missing schema throws `SchemaNotLoadedError`.
 */
export class RecordCodec {
  readonly #registry: SchemaRegistry
  readonly #schemas: readonly SubjectSchema[]
  readonly #types: ReadonlyMap<RecordName, avro.Type>
  readonly #ids = new Map<RecordName, number>()
  /** By schema id. An error: records written with this schema cannot be read by this version. */
  readonly #writers = new Map<number, Writer | UnreadableRecordError>()
  readonly #requests = new Map<number | RecordName, Promise<unknown>>()

  private constructor(registry: SchemaRegistry, subjectsOf: SubjectsOf) {
    this.#registry = registry
    this.#schemas = bundledSchemas(subjectsOf)
    this.#types = new Map(RECORD_NAMES.map((name) => [name, avroType(SCHEMAS[name])]))
  }

  /**
   * Registers this version's schemas, each under its full name unless `subjectsOf` says otherwise. If the registry is unreachable, the codec
   * opens nevertheless and requests each schema when it is needed. Throws `IncompatibleSchemaError`.
   */
  static async open(registry: SchemaRegistry, subjectsOf: SubjectsOf = byFullName): Promise<RecordCodec> {
    const codec = new RecordCodec(registry, subjectsOf)
    try {
      await codec.#registerAll()
    } catch (error) {
      if (!(error instanceof RegistryUnreachableError)) throw error
    }
    return codec
  }

  /** As `open`, but throws `RegistryUnreachableError`, so that the codec can write every record when it resolves. */
  static async openLoaded(registry: SchemaRegistry, subjectsOf: SubjectsOf = byFullName): Promise<RecordCodec> {
    const codec = new RecordCodec(registry, subjectsOf)
    await codec.#registerAll()
    return codec
  }

  /** A serde for these record types; it throws `UnreadableRecordError` for any other. */
  serde<Name extends RecordName>(...names: readonly Name[]): RecordSerde<Records[Name]> {
    const expected = new Set<string>(names)
    return {
      format: 'avro',
      serialize: (value) => {
        if (!expected.has(value.type)) throw unexpected(value.type, names)
        return this.#serialize(value)
      },
      deserialize: (bytes) => {
        const record = this.#deserialize(bytes)
        if (!expected.has(record.type)) throw unexpected(record.type, names)
        return record as Records[Name]
      },
    }
  }

  #serialize(value: Records[RecordName]): Uint8Array {
    const type = this.#types.get(value.type)
    const payload = type?.toBuffer(value) ?? Buffer.alloc(0)
    const id = this.#ids.get(value.type) ?? this.#request(value.type, () => this.#register(value.type))
    const bytes = Buffer.allocUnsafe(HEADER_LENGTH + payload.length)
    bytes[0] = MAGIC
    bytes.writeUInt32BE(id, 1)
    bytes.set(payload, HEADER_LENGTH)
    return bytes
  }

  #deserialize(view: Uint8Array): Records[RecordName] {
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.length)
    if (bytes.length < HEADER_LENGTH || bytes[0] !== MAGIC)
      throw new UnreadableRecordError('The bytes are not in the wire format: they do not begin with a zero byte and a schema id.')
    const writer = this.#loaded(bytes.readUInt32BE(1))
    try {
      return { ...writer.read(bytes.subarray(HEADER_LENGTH)), type: writer.name } as Records[RecordName]
    } catch (error) {
      throw new UnreadableRecordError(
        `The bytes cannot be decoded as ${writer.name}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      )
    }
  }

  #loaded(id: number): Writer {
    const writer =
      this.#writers.get(id) ??
      this.#request(id, async () => this.#writers.set(id, this.#writerOrError(id, await this.#registry.schema(id))))
    if (writer instanceof UnreadableRecordError) throw writer
    return writer
  }

  async #registerAll(): Promise<void> {
    await Promise.all(RECORD_NAMES.map((name) => this.#register(name)))
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
    if (type === undefined) throw new RangeError(`This version has no record ${name}.`)
    return type
  }

  /** Sends at most one request at a time for each missing schema, and throws. */
  #request(missing: number | RecordName, send: () => Promise<unknown>): never {
    let ready = this.#requests.get(missing)
    if (ready === undefined) {
      ready = send().finally(() => this.#requests.delete(missing))
      ready.catch(() => undefined) // A caller may retry without awaiting `ready`; its rejection must not be unhandled.
      this.#requests.set(missing, ready)
    }
    throw new SchemaNotLoadedError(missing, ready)
  }

  #writerOrError(id: number, schema: string): Writer | UnreadableRecordError {
    try {
      return this.#writer(id, schema)
    } catch (error) {
      if (error instanceof UnreadableRecordError) return error
      return new UnreadableRecordError(
        `Records of schema ${id} cannot be read by this version: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      )
    }
  }

  #writer(id: number, schema: string): Writer {
    const type = avroType(schema)
    const name = (type.name ?? '').slice((type.name ?? '').lastIndexOf('.') + 1) as RecordName
    const reader = this.#types.get(name)
    if (reader === undefined)
      throw new UnreadableRecordError(
        `This version has no record "${name}", which schema ${id} describes. Upgrade if a newer version writes it.`,
      )
    const resolver = reader.createResolver(type)
    return { name, read: (payload) => reader.fromBuffer(payload, resolver) as object }
  }
}

function unexpected(type: RecordName, expected: readonly RecordName[]): UnreadableRecordError {
  return new UnreadableRecordError(`Unexpected record ${type}: this topic holds ${expected.join(', ')}.`)
}
