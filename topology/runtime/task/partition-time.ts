/** The partition time before any record. */
export const NO_PARTITION_TIME = -1

const VERSION = 1
const LENGTH = 1 + 8

/** The metadata of a committed offset that holds the partition time, byte for byte as Kafka Streams writes it: a version and a long, in base64. */
export function encodePartitionTime(partitionTime: number): string {
  const bytes = Buffer.alloc(LENGTH)
  bytes[0] = VERSION
  bytes.writeBigInt64BE(BigInt(partitionTime), 1)
  return bytes.toString('base64')
}

/** Kafka Streams' later versions append to the first one; metadata of another origin holds no partition time. */
export function decodePartitionTime(metadata: string | undefined): number {
  const bytes = Buffer.from(metadata ?? '', 'base64')
  if (bytes.length < LENGTH || (bytes[0] !== VERSION && bytes[0] !== VERSION + 1)) return NO_PARTITION_TIME
  const partitionTime = Number(bytes.readBigInt64BE(1))
  return Number.isSafeInteger(partitionTime) && partitionTime >= 0 ? partitionTime : NO_PARTITION_TIME
}
