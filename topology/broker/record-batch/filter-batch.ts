import { codecNumbered } from './compression/index.ts'
import type { BatchReader } from './batch-reader.ts'
import * as at from './layout.ts'
import { sealHeader } from './seal-header.ts'

/**
 * Removes the records for which `keep` is false. The others keep offset, timestamp and compression, and the batch its offset range. Returns
 * undefined when no record is left, and the batch itself when none is removed.
 */
export function filterBatch(batch: BatchReader, keep: (record: BatchReader) => boolean): Buffer | BatchReader | undefined {
  const kept: Buffer[] = []
  batch.rewind()
  while (batch.next()) if (keep(batch)) kept.push(batch.recordBytes)
  if (kept.length === 0) return undefined
  if (kept.length === batch.recordCount) return batch
  const codec = codecNumbered(batch.head.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK)
  const bytes = Buffer.concat([batch.head, ...(codec === undefined ? kept : [codec.compress(Buffer.concat(kept))])])
  bytes.writeInt32BE(kept.length, at.COUNT)
  sealHeader(bytes)
  return bytes
}
