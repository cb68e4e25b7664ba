/** Ends a stream in a function. */
import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

export function forEach<K, V>(act: (value: V, key: K) => void): ProcessorSupplier<K, V> {
  return stateless((record) => act(record.value, record.key))
}
