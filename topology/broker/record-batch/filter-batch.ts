import { crc32c } from '@node-rs/crc32'
import type { BatchReader } from './batch-reader.ts'
import * as at from './layout.ts'

/**
 * Removes the records for which `keep` is false. The others keep offset and timestamp, and the batch its offset range. Returns
 * undefined when no record is left, and the batch itself when none is removed.
 */
export function filterBatch(batch: BatchReader, keep: (record: BatchReader) => boolean): Buffer | BatchReader | undefined {
  const kept: Buffer[] = []
  batch.rewind()
  while (batch.next()) if (keep(batch)) kept.push(batch.recordBytes)
  if (kept.length === 0) return undefined
  if (kept.length === batch.recordCount) return batch
  const bytes = Buffer.concat([batch.head, ...kept])
  bytes.writeInt32BE(bytes.length - at.LENGTH_COUNTS_FROM, at.LENGTH)
  bytes.writeInt32BE(kept.length, at.COUNT)
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.ATTRIBUTES)), at.CHECKSUM)
  return bytes
}
