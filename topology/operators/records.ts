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

export const changeOf = <V>(newValue: V | null, oldValue: V | null): Change<V> => ({ newValue, oldValue, isLatest: true })
