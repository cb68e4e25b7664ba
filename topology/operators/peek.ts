import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

/** Calls the function with each record and forwards the record unchanged. */
export function peek<K, V>(action: (value: V, key: K) => void): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    action(record.value, record.key)
    context.forward(record)
  })
}
