import type { KeyValueStore, StateStore, StoreSpec, VersionedKeyValueStore, WindowStore } from '../../../state/index.ts'
import type { Json, Step } from './vectors.ts'

/** The contents of a store in the format of the vectors. */
export async function storeRows(store: StateStore, spec: StoreSpec, inputs: readonly Step[]): Promise<readonly (readonly unknown[])[]> {
  switch (store.kind) {
    case 'keyValue':
      return keyValueRows(store, spec.kind === 'keyValue' && spec.timestamped)
    case 'window':
      return windowRows(store, spec.kind === 'window' ? spec.windowSizeMs : 0)
    case 'versioned':
      return versionedRows(store, inputs)
    case 'timeOrdered':
      throw new Error(`Store "${store.name}" is a time-ordered buffer, which vectors do not contain.`)
  }
}

async function keyValueRows(store: KeyValueStore<unknown, unknown>, timestamped: boolean) {
  const rows: unknown[][] = []
  for await (const { key, value, timestamp } of store.all()) rows.push(timestamped ? [key, value, timestamp] : [key, value])
  return rows
}

async function windowRows(store: WindowStore<unknown, unknown>, sizeMs: number) {
  const rows: unknown[][] = []
  for await (const { key, start, value, timestamp } of store.fetchAll(0, Number.MAX_SAFE_INTEGER)) {
    rows.push([{ key, start, end: start + sizeMs }, value, timestamp])
  }
  return rows
}

/** A versioned store cannot be scanned, so every key is looked up, now and at five of the input's timestamps. */
function versionedRows(store: VersionedKeyValueStore<unknown, unknown>, inputs: readonly Step[]) {
  const records = inputs.flatMap((step) => ('advanceWallClockMs' in step || step[1] === null ? [] : [step]))
  const times = [...new Set(records.map(([, , , timestamp]) => timestamp))].sort((a, b) => a - b)
  const probes = new Set([0, 1, 2, 3, 4].map((quarter) => times[Math.floor(((times.length - 1) * quarter) / 4)]))
  const keys = new Map(records.map(([, key]): [string, Json] => [JSON.stringify(key), key]))
  return [...keys.values()].flatMap((key) =>
    [null, ...probes].flatMap((asOf) => {
      const version = asOf === null || asOf === undefined ? store.get(key) : store.getAsOf(key, asOf)
      return version === undefined ? [] : [[key, asOf ?? null, version.value, version.timestamp]]
    }),
  )
}
