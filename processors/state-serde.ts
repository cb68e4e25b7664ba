import { Serdes, type Serde } from '../topology/index.ts'

/** State of processors as JSON; an amount is an object of its own kind there, so that no text is taken for one. */
export function stateSerde<T>(): Serde<T> {
  return {
    serialize: (value) =>
      Serdes.string.serialize(
        JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? { $cents: String(member) } : member)),
      ),
    deserialize: (bytes) =>
      JSON.parse(Serdes.string.deserialize(bytes), (_, member: unknown) => (isAmount(member) ? BigInt(member.$cents) : member)) as T,
  }
}

function isAmount(member: unknown): member is { readonly $cents: string } {
  return typeof member === 'object' && member !== null && '$cents' in member && typeof member.$cents === 'string'
}
