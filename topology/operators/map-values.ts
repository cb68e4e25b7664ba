import type { ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { stateless } from './stateless.ts'

/** Forwards each record with a new value. */
export function mapValues<K, V, VOut>(mapper: (value: V, key: K) => VOut): ProcessorSupplier<K, V, K, VOut> {
  return stateless((record, context) => context.forward(withValue(record, mapper(record.value, record.key))))
}
