import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import { withValue } from './records.ts'
import { stateless } from './stateless.ts'

/** A table's changes as a stream of new values; null for a deleted row. */
export function toStream<K, V>(): ProcessorSupplier<K, Change<V>, K, V | null> {
  return stateless((record, context) => context.forward(withValue(record, record.value.newValue)))
}
