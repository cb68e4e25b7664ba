/** Hands on each record with another value. */
import type { ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { stateless } from './stateless.ts'

export function mapValues<K, V, VOut>(mapper: (value: V, key: K) => VOut): ProcessorSupplier<K, V, K, VOut> {
  return stateless((record, context) => context.forward(withValue(record, mapper(record.value, record.key))))
}
