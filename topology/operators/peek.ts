/** Shows each record to a function and hands it on untouched. */
import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

export function peek<K, V>(look: (value: V, key: K) => void): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    look(record.value, record.key)
    context.forward(record)
  })
}
