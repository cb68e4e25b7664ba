/**
 * Record batches in Kafka's format v2 (magic 2). A *builder* writes records straight into the wire format; *sealing* it copies the
 * batch with its header and checksum, compresses its records if the builder says so, and the log then *places* it at a base offset. A *reader*
 * reads a batch in place: keys and values are views; compressed records are decompressed when the first of them is read. The *layout* names
 * the byte positions of the header.
 */
export type { Header, RecordBatch } from './record-batch.ts'
export { createRecordBatchBuilder, NO_TIMESTAMP, placeBatch, sizeAlone } from './record-batch-builder.ts'
export type { RecordBatchBuilder } from './record-batch-builder.ts'
export { BatchReader } from './batch-reader.ts'
export { prepareCompression } from './compression/index.ts'
export { filterBatch } from './filter-batch.ts'
export { stampAppendTime } from './stamp-append-time.ts'
export { UnreadableBatch } from './unreadable-batch.ts'
export * as layout from './layout.ts'
