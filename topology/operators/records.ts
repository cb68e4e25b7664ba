/** How operators make the next record from the one in hand: always with the same fields in the same order, for speed. */
import type { Change } from './change.ts'
import type { Record } from '../processor.ts'

export const withValue = <K, V, VOut>({ key, timestamp, headers }: Record<K, V>, value: VOut): Record<K, VOut> => ({
  key,
  value,
  timestamp,
  headers,
})

export const withKeyAndValue = <K, V, KOut, VOut>({ timestamp, headers }: Record<K, V>, key: KOut, value: VOut): Record<KOut, VOut> => ({
  key,
  value,
  timestamp,
  headers,
})

export const withValueAt = <K, V, VOut>({ key, headers }: Record<K, V>, value: VOut, timestamp: number): Record<K, VOut> => ({
  key,
  value,
  timestamp,
  headers,
})

export const changeOf = <V>(newValue: V | null, oldValue: V | null): Change<V> => ({ newValue, oldValue, isLatest: true })
