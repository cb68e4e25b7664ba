import type { ProcessorSupplier } from '../processor.ts'
import type { KeyValue } from './map.ts'
import { withKeyAndValue } from './records.ts'
import { stateless } from './stateless.ts'

/** Forwards any number of records per record, each with the timestamp and headers of the original. */
export function flatMap<K, V, KOut, VOut>(
  mapper: (value: V, key: K) => Iterable<KeyValue<KOut, VOut>>,
): ProcessorSupplier<K, V, KOut, VOut> {
  return stateless((record, context) => {
    for (const [key, value] of mapper(record.value, record.key)) context.forward(withKeyAndValue(record, key, value))
  })
}
