import type { Serde } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { KeyValue } from './map.ts'
import { changeOf, withKeyAndValue } from './records.ts'
import { stateless } from './stateless.ts'

export interface RegroupOptions<K, V, KOut, VOut> {
  readonly mapper: (value: V, key: K) => KeyValue<KOut | null, VOut | null>
  readonly keySerde: Serde<KOut>
}

/**
 * Turns a table's changes into changes of groups: the old row leaves its old group, then the new row joins its new group; one
 * change does both if the group stays the same. A row mapped to a null key or value belongs to no group. Out-of-order changes of
 * a versioned table change no group.
 */
export function tableRegroup<K, V, KOut, VOut>(
  options: RegroupOptions<K, V, KOut, VOut>,
): ProcessorSupplier<K, Change<V>, KOut, Change<VOut>> {
  const { mapper, keySerde } = options
  const sameKey = (a: KOut, b: KOut) => a === b || Buffer.compare(keySerde.serialize(a), keySerde.serialize(b)) === 0
  const groupedRow = (value: V | null, key: K) => {
    if (value === null) return undefined
    const [newKey, newValue] = mapper(value, key)
    return newKey === null || newValue === null ? undefined : { key: newKey, value: newValue }
  }
  return stateless((record, context) => {
    if (!record.value.isLatest) {
      context.drop('out-of-order')
      return
    }
    const before = groupedRow(record.value.oldValue, record.key)
    const after = groupedRow(record.value.newValue, record.key)
    if (before !== undefined && after !== undefined && sameKey(before.key, after.key)) {
      context.forward(withKeyAndValue(record, after.key, changeOf(after.value, before.value)))
      return
    }
    if (before !== undefined) context.forward(withKeyAndValue(record, before.key, changeOf<VOut>(null, before.value)))
    if (after !== undefined) context.forward(withKeyAndValue(record, after.key, changeOf<VOut>(after.value, null)))
  })
}
