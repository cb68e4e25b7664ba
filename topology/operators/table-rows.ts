import type { KeyValueStore, StateStore, VersionedKeyValueStore } from '../../state/index.ts'
import type { ProcessorContext } from '../processor.ts'

/** A table's store as operators write it, whether it keeps only the latest value of a key or its versions. */
export interface TableRows<K, V> {
  get(key: K): V | undefined
  /** `older`: a later version exists. `rejected`: older than the history that the store keeps. */
  put(key: K, value: V | null, timestamp: number): 'latest' | 'older' | 'rejected'
}

export function openTableRows<K, V>(context: ProcessorContext<never, never>, name: string): TableRows<K, V> {
  const store = context.store<StateStore>(name)
  if (store.kind === 'versioned') return versionedRows(store as VersionedKeyValueStore<K, V>)
  if (store.kind === 'keyValue') return latestRows(store as KeyValueStore<K, V>)
  throw new RangeError(`Store "${name}" is of kind ${store.kind}. A table needs a key-value or versioned store.`)
}

function latestRows<K, V>(store: KeyValueStore<K, V>): TableRows<K, V> {
  return {
    get: (key) => store.get(key),
    put: (key, value, timestamp) => {
      store.put(key, value, timestamp)
      return 'latest'
    },
  }
}

function versionedRows<K, V>(store: VersionedKeyValueStore<K, V>): TableRows<K, V> {
  return {
    get: (key) => store.get(key)?.value,
    put: (key, value, timestamp) => {
      const result = store.put(key, value, timestamp)
      if (!result.stored) return 'rejected'
      return result.validTo === 'latest' ? 'latest' : 'older'
    },
  }
}
