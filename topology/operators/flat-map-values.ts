import type { ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { stateless } from './stateless.ts'

/** Forwards any number of values per record, each with the record's key, timestamp and headers. */
export function flatMapValues<K, V, VOut>(mapper: (value: V, key: K) => Iterable<VOut>): ProcessorSupplier<K, V, K, VOut> {
  return stateless((record, context) => {
    for (const value of mapper(record.value, record.key)) context.forward(withValue(record, value))
  })
}
