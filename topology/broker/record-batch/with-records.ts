import { crc32c } from '@node-rs/crc32'
import * as at from './layout.ts'

/** The batch with its records replaced by uncompressed ones. */
export function withRecords(batch: Buffer, records: Buffer): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, at.RECORDS), records])
  bytes.writeInt32BE(bytes.length - at.LENGTH_COUNTS_FROM, at.LENGTH)
  bytes.writeInt16BE(bytes.readInt16BE(at.ATTRIBUTES) & ~at.COMPRESSION_MASK, at.ATTRIBUTES)
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.ATTRIBUTES)), at.CHECKSUM)
  return bytes
}
