import { createRecordBatchBuilder } from '../../broker/index.ts'
import type { OutputBatch, OutputBuffer } from './output-buffer.ts'

/** Larger ones cost more to copy than the broker takes for one more. */
const MAX_JOINED_BYTES = 64 << 10

/** What several tasks write in one transaction, their small batches for the same partition joined to one: a broker takes one at a time. */
export function joinedBatches(outputs: readonly OutputBuffer[]): readonly OutputBatch[] {
  const [first, ...more] = outputs
  if (first === undefined || more.length === 0) return first?.batches() ?? []
  const batches: OutputBatch[] = []
  const places = new Map<string, number>()
  const joined = new Set<OutputBatch>()
  for (const batch of outputs.flatMap((output) => output.batches())) {
    const name = `${batch.topic}/${batch.partition}`
    const place = places.get(name)
    const there = place === undefined ? undefined : batches[place]
    if (place === undefined || there === undefined || there.builder.sizeInBytes + batch.builder.sizeInBytes > MAX_JOINED_BYTES) {
      places.set(name, batches.push(batch) - 1)
    } else if (joined.has(there)) {
      there.builder.appendAll(batch.builder)
    } else {
      const own = { ...there, builder: createRecordBatchBuilder() }
      own.builder.appendAll(there.builder)
      own.builder.appendAll(batch.builder)
      batches[place] = own
      joined.add(own)
    }
  }
  return batches
}
