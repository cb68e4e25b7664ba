/**
 * The format row. The first byte of a key tells the kind of row. A topic's number is never reused, so rows that a deleted topic leaves
 * behind are never read as another topic's.
 */
export const FORMAT_KEY = Buffer.from('f')
export const FORMAT = 1

export const TOPIC = 0x74
/** One row per deleted topic, kept forever, so that its number is not reused. */
export const DELETED_TOPIC = 0x64
export const TRANSACTIONAL_ID = 0x78
export const GROUP_OFFSET = 0x6f
export const WRITE_MARKER = 0x6d
/** One row per partition: log start and log end. */
export const PARTITION = 0x70
/** One row per batch: its entry in the partition's index. */
export const BATCH_ENTRY = 0x69
/** One row per batch: the batch in Kafka's format. */
export const BATCH = 0x62

export function textRow(kind: number, text: string): Buffer {
  const key = Buffer.allocUnsafe(1 + Buffer.byteLength(text))
  key[0] = kind
  key.write(text, 1)
  return key
}

export function textOf(key: Uint8Array): string {
  return Buffer.from(key.subarray(1)).toString('utf8')
}

export function deletedTopicRow(topic: number): Buffer {
  const key = Buffer.allocUnsafe(5)
  key[0] = DELETED_TOPIC
  key.writeUInt32BE(topic, 1)
  return key
}

export function partitionRow(topic: number, partition: number): Buffer {
  const key = Buffer.allocUnsafe(9)
  key[0] = PARTITION
  key.writeUInt32BE(topic, 1)
  key.writeUInt32BE(partition, 5)
  return key
}

export function batchRow(kind: typeof BATCH | typeof BATCH_ENTRY, topic: number, partition: number, baseOffset: number): Buffer {
  const key = Buffer.allocUnsafe(17)
  key[0] = kind
  key.writeUInt32BE(topic, 1)
  key.writeUInt32BE(partition, 5)
  key.writeBigUInt64BE(BigInt(baseOffset), 9)
  return key
}

export function markerRow(sequence: number): Buffer {
  const key = Buffer.allocUnsafe(9)
  key[0] = WRITE_MARKER
  key.writeBigUInt64BE(BigInt(sequence), 1)
  return key
}

/** All rows of a kind, or those of one topic by its number. */
export function rangeOf(kind: number, topic?: number): { readonly gte: Buffer; readonly lt: Buffer } {
  if (topic === undefined) return { gte: Buffer.from([kind]), lt: Buffer.from([kind + 1]) }
  const bound = (number: number): Buffer => {
    const key = Buffer.allocUnsafe(5)
    key[0] = kind
    key.writeUInt32BE(number, 1)
    return key
  }
  return { gte: bound(topic), lt: bound(topic + 1) }
}

export function packNumbers(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * 8)
  numbers.forEach((number, index) => bytes.writeDoubleBE(number, index * 8))
  return bytes
}

export function unpackNumber(bytes: Uint8Array, index: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(index * 8)
}
