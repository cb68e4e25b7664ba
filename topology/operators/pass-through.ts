import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

/** Forwards every record: where streams merge, and at the head of a branch. */
export function passThrough<K, V>(): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => context.forward(record))
}
