import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

/** Calls the function with each record and forwards nothing. */
export function forEach<K, V>(action: (value: V, key: K) => void): ProcessorSupplier<K, V> {
  return stateless((record) => action(record.value, record.key))
}
