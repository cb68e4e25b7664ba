import { Serdes, type Serde } from '../topology/index.ts'

/** JSON form of a bigint: an object, so that no string can be mistaken for one. */
interface Cents {
  readonly $cents: string
}

type Members = { [name: string]: unknown }

/** Serializes the state of processors as JSON. Replaces bigints itself, because a replacer or reviver of `JSON` costs several times as much. */
export function stateSerde<T>(): Serde<T> {
  return {
    format: 'json-with-cents',
    serialize: (value) => Serdes.string.serialize(JSON.stringify(written(value))),
    deserialize: (bytes) => {
      const text = Serdes.string.deserialize(bytes)
      const state: unknown = JSON.parse(text)
      return (text.includes('$cents') ? read(state) : state) as T
    },
  }
}

/** Returns the same object if it contains no bigint. */
function written(member: unknown): unknown {
  if (typeof member === 'bigint') return { $cents: String(member) } satisfies Cents
  if (typeof member !== 'object' || member === null) return member
  if (Array.isArray(member)) return member.map(written)
  let copy: Members | undefined
  for (const name in member) {
    const value = (member as Members)[name]
    const replaced = typeof value === 'object' || typeof value === 'bigint' ? written(value) : value
    if (replaced !== value) copy ??= { ...member }
    if (copy !== undefined) copy[name] = replaced
  }
  return copy ?? member
}

/** Replaces in place: the parsed object has no other reference yet. */
function read(member: unknown): unknown {
  if (typeof member !== 'object' || member === null) return member
  if (isCents(member)) return BigInt(member.$cents)
  const members = member as Members
  for (const name in members) if (typeof members[name] === 'object') members[name] = read(members[name])
  return member
}

function isCents(member: object): member is Cents {
  return '$cents' in member && typeof member.$cents === 'string'
}
