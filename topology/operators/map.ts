import type { ProcessorSupplier } from '../processor.ts'
import { withKeyAndValue } from './records.ts'
import { stateless } from './stateless.ts'

export type KeyValue<K, V> = readonly [key: K, value: V]

/** Forwards each record with a new key and value. */
export function map<K, V, KOut, VOut>(mapper: (value: V, key: K) => KeyValue<KOut, VOut>): ProcessorSupplier<K, V, KOut, VOut> {
  return stateless((record, context) => {
    const [key, value] = mapper(record.value, record.key)
    context.forward(withKeyAndValue(record, key, value))
  })
}
