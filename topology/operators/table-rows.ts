/** A table's store as the operators write it: with its last values only, or with all of a history (versioned). */
import type { KeyValueStore, StateStore, VersionedKeyValueStore } from '../../state/index.ts'
import type { ProcessorContext } from '../processor.ts'

export interface TableRows<K, V> {
  get(key: K): V | undefined
  /** Whether it is now the latest, an older one, or too old to be kept. */
  put(key: K, value: V | null, timestamp: number): 'latest' | 'older' | 'rejected'
}

export function openTableRows<K, V>(context: ProcessorContext<never, never>, name: string): TableRows<K, V> {
  const store = context.store<StateStore>(name)
  if (store.kind === 'versioned') return versionedRows(store as VersionedKeyValueStore<K, V>)
  if (store.kind === 'keyValue') return lastRows(store as KeyValueStore<K, V>)
  throw new RangeError(`store "${name}" is of kind ${store.kind}: a table needs one by key`)
}

function lastRows<K, V>(store: KeyValueStore<K, V>): TableRows<K, V> {
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
