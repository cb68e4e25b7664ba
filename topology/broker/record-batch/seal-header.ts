import { crc32c } from '@node-rs/crc32'
import * as at from './layout.ts'

/** Writes the batch's length and its checksum, once all other bytes are there. */
export function sealHeader(batch: Buffer): void {
  batch.writeInt32BE(batch.length - at.LENGTH_COUNTS_FROM, at.LENGTH)
  batch.writeUInt32BE(crc32c(batch.subarray(at.ATTRIBUTES)), at.CHECKSUM)
}
