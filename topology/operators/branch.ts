import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

export interface Branch<K, V> {
  readonly child: string
  predicate(value: V, key: K): boolean
}

/** Forwards each record to the child of the first branch whose predicate accepts it. A record that none accepts goes nowhere. */
export function branch<K, V>(branches: readonly Branch<K, V>[]): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    for (const { child, predicate } of branches) {
      if (predicate(record.value, record.key)) {
        context.forward(record, child)
        return
      }
    }
  })
}
