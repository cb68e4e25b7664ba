import type { ProcessorSupplier } from '../processor.ts'
import { withKeyAndValue } from './records.ts'
import { stateless } from './stateless.ts'

/** Forwards each record with a new key. */
export function selectKey<K, V, KOut>(mapper: (value: V, key: K) => KOut): ProcessorSupplier<K, V, KOut, V> {
  return stateless((record, context) => context.forward(withKeyAndValue(record, mapper(record.value, record.key), record.value)))
}
