/** Hands everything on: where streams merge, and at the head of a branch. */
import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

export function passThrough<K, V>(): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => context.forward(record))
}
