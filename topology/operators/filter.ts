import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

/** Forwards the records that the predicate accepts. */
export function filter<K, V>(predicate: (value: V, key: K) => boolean): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    if (predicate(record.value, record.key)) context.forward(record)
  })
}
