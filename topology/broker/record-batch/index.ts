/**
 * Record batches in Kafka's format v2 (magic 2). A *builder* writes records straight into the wire format; *sealing* it copies the
 * batch with its header and checksum, and the log then *places* it at a base offset. A *reader* reads a batch in place: keys and
 * values are views. The *layout* names the byte positions of the header.
 */
export type { Header, RecordBatch } from './record-batch.ts'
export { createRecordBatchBuilder, NO_TIMESTAMP, placeBatch, sizeAlone } from './record-batch-builder.ts'
export type { RecordBatchBuilder } from './record-batch-builder.ts'
export { BatchReader, InvalidBatchError } from './batch-reader.ts'
export { filterBatch } from './filter-batch.ts'
export { withRecords } from './with-records.ts'
export * as layout from './layout.ts'
