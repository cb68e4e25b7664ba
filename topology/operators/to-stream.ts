/** A table's changes as a stream of its new values; null where a row went away. */
import type { Change } from './change.ts'
import type { ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { stateless } from './stateless.ts'

export function toStream<K, V>(): ProcessorSupplier<K, Change<V>, K, V | null> {
  return stateless((record, context) => context.forward(withValue(record, record.value.newValue)))
}
