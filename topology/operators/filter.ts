/** Hands on the records that the predicate accepts. */
import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

export function filter<K, V>(predicate: (value: V, key: K) => boolean): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    if (predicate(record.value, record.key)) context.forward(record)
  })
}
