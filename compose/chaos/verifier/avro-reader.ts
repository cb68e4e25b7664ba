import avro from 'avsc'

/** A decoded Avro record: its name and its fields, with 64-bit integers as bigint. */
export interface PlainRecord {
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

const long = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

/** Decodes records with their writer's schema from the registry. */
export class AvroReader {
  readonly #registry: string
  readonly #types = new Map<number, avro.Type>()

  constructor(registry: string) {
    this.#registry = registry
  }

  async read(bytes: Buffer): Promise<PlainRecord> {
    if (bytes[0] !== 0) throw new Error('A record in a topic of the bank has no schema id: its first byte is not 0.')
    const type = await this.#type(bytes.readInt32BE(1))
    const fields = type.fromBuffer(bytes.subarray(5)) as Record<string, unknown>
    return { name: type.name?.slice(type.name.lastIndexOf('.') + 1) ?? '', fields }
  }

  async #type(id: number): Promise<avro.Type> {
    const known = this.#types.get(id)
    if (known !== undefined) return known
    const answer = await fetch(`${this.#registry}/schemas/ids/${id}`)
    if (!answer.ok) throw new Error(`The registry has no schema ${id}, but a record was written with it (HTTP ${answer.status}).`)
    const { schema } = (await answer.json()) as { schema: string }
    const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry: { long }, omitRecordMethods: true })
    this.#types.set(id, type)
    return type
  }
}
