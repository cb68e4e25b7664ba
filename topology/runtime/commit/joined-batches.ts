import { createRecordBatchBuilder, partitionName, type FilledBatch } from '../../broker/index.ts'
import type { OutputBuffer } from './output-buffer.ts'

/** Copying more than this costs more than one more batch costs the broker. */
const MAX_JOINED_BYTES = 64 << 10

/** The batches of several tasks for one transaction. Small ones for the same partition are joined, because a broker takes one per partition at a time. */
export function joinedBatches(outputs: readonly OutputBuffer[]): readonly FilledBatch[] {
  const [first, ...more] = outputs
  if (first === undefined || more.length === 0) return first?.batches() ?? []
  const batches: FilledBatch[] = []
  const lastIndexes = new Map<string, number>()
  const joined = new Set<FilledBatch>()
  for (const batch of outputs.flatMap((output) => output.batches())) {
    const name = partitionName(batch)
    const index = lastIndexes.get(name)
    const last = index === undefined ? undefined : batches[index]
    if (index === undefined || last === undefined || !canJoin(last, batch)) {
      lastIndexes.set(name, batches.push(batch) - 1)
    } else if (joined.has(last)) {
      last.builder.appendAll(batch.builder)
    } else {
      const copy = { ...last, builder: createRecordBatchBuilder(last.builder.compression) }
      copy.builder.appendAll(last.builder)
      copy.builder.appendAll(batch.builder)
      batches[index] = copy
      joined.add(copy)
    }
  }
  return batches
}

function canJoin({ builder, maxBytes }: FilledBatch, { builder: next }: FilledBatch): boolean {
  return builder.sizeInBytes + next.sizeInBytes <= MAX_JOINED_BYTES && builder.sizeWith(next) <= maxBytes
}
