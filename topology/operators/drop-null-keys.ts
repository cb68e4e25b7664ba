import type { ProcessorSupplier } from '../processor.ts'
import { stateless } from './stateless.ts'

/** Runs before the sink of a repartition topic, because a record without a key belongs to no partition. */
export function dropNullKeys<K, V>(): ProcessorSupplier<K, V, K, V> {
  return stateless((record, context) => {
    if (record.key === null) context.drop('null-key')
    else context.forward(record)
  })
}
