import type { Record } from '../processor.ts'
import type { Change } from './change.ts'

// Every record literal has the same fields in the same order, so that V8 keeps one hidden class for all of them.

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

/** What a function of the application returned: undefined counts as null. */
type Returned<V> = V | null | undefined

/** Every `Change` is made here, where undefined becomes null. */
export const changeOf = <V>(newValue: Returned<V>, oldValue: Returned<V>, isLatest = true): Change<V> => ({
  newValue: newValue ?? null,
  oldValue: oldValue ?? null,
  isLatest,
})
