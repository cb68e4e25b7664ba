/**
 * A table's changes on their way to another grouping: the old row is taken out where it was, the new one goes in where it
 * belongs now; in one step if that is the same place. Rows whose new key or value is null belong nowhere,
 * and changes in the past of a versioned table change no group.
 */
import type { Serde } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { KeyValue } from './map.ts'
import { changeOf, withKeyAndValue } from './records.ts'
import { stateless } from './stateless.ts'

export interface RegroupOptions<K, V, KOut, VOut> {
  readonly mapper: (value: V, key: K) => KeyValue<KOut | null, VOut | null>
  readonly keySerde: Serde<KOut>
}

export function tableRegroup<K, V, KOut, VOut>(
  options: RegroupOptions<K, V, KOut, VOut>,
): ProcessorSupplier<K, Change<V>, KOut, Change<VOut>> {
  const { mapper, keySerde } = options
  const sameKey = (one: KOut, other: KOut) => one === other || Buffer.compare(keySerde.serialize(one), keySerde.serialize(other)) === 0
  const placeOf = (value: V | null, key: K) => {
    if (value === null) return undefined
    const [newKey, newValue] = mapper(value, key)
    return newKey === null || newValue === null ? undefined : { key: newKey, value: newValue }
  }
  return stateless((record, context) => {
    if (!record.value.isLatest) {
      context.drop('out-of-order')
      return
    }
    const before = placeOf(record.value.oldValue, record.key)
    const after = placeOf(record.value.newValue, record.key)
    if (before !== undefined && after !== undefined && sameKey(before.key, after.key)) {
      context.forward(withKeyAndValue(record, after.key, changeOf(after.value, before.value)))
      return
    }
    if (before !== undefined) context.forward(withKeyAndValue(record, before.key, changeOf<VOut>(null, before.value)))
    if (after !== undefined) context.forward(withKeyAndValue(record, after.key, changeOf<VOut>(after.value, null)))
  })
}
