import { copyOf } from '../bytes.ts'
import type { Serde } from '../serde.ts'
import type { StoreSpec } from '../store-spec.ts'

/**
 * The spec with a value serde that never hands out the store's own bytes: a reader may change a value that it was given (an aggregator does so in
 * place), and the row must not change with it.
 */
export function withOwnValues<S extends StoreSpec>(spec: S): S {
  const { valueSerde } = spec
  const own: Serde<unknown> = {
    serialize: (value) => valueSerde.serialize(value),
    deserialize: (bytes) => {
      const value = valueSerde.deserialize(bytes)
      return value === bytes ? copyOf(bytes) : value
    },
  }
  return { ...spec, valueSerde: own }
}
