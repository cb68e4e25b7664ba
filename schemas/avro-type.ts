import avro from 'avsc'

/** 64-bit integers as `bigint`: avsc's own long loses precision beyond 2^53 and rejects bigints. */
const long = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => String(value),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

/** Timestamps as numbers of milliseconds, which stay below 2^53. Under a logical type avsc uses its own long. */
export class TimestampMillis extends avro.types.LogicalType {
  override _fromValue(value: number): number {
    return value
  }

  override _toValue(value: unknown): number | undefined {
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
  }

  override _resolve(type: avro.Type): ((value: number) => number) | undefined {
    return type instanceof TimestampMillis ? (value) => value : undefined
  }
}

/** The avsc type of a schema, with longs as `bigint` and timestamps as numbers. */
export function avroType(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, {
    registry: { long },
    logicalTypes: { 'timestamp-millis': TimestampMillis },
    omitRecordMethods: true,
  })
}
