import { Serdes, type Serde } from '../topology/index.ts'

/** How an amount is written: an object of its own kind, so that no text is taken for one. */
interface Cents {
  readonly $cents: string
}

type Members = { [name: string]: unknown }

/** State of processors as JSON. It is walked through here: JSON's own way of replacing members costs several times as much. */
export function stateSerde<T>(): Serde<T> {
  return {
    serialize: (value) => Serdes.string.serialize(JSON.stringify(written(value))),
    deserialize: (bytes) => {
      const text = Serdes.string.deserialize(bytes)
      const state: unknown = JSON.parse(text)
      return (text.includes('$cents') ? read(state) : state) as T
    },
  }
}

/** The very same where nothing has to be replaced. */
function written(member: unknown): unknown {
  if (typeof member === 'bigint') return { $cents: String(member) } satisfies Cents
  if (typeof member !== 'object' || member === null) return member
  if (Array.isArray(member)) return member.map(written)
  let copy: Members | undefined
  for (const name in member) {
    const own = (member as Members)[name]
    const replaced = typeof own === 'object' || typeof own === 'bigint' ? written(own) : own
    if (replaced !== own) copy ??= { ...member }
    if (copy !== undefined) copy[name] = replaced
  }
  return copy ?? member
}

/** Replaces in place: what was parsed is nobody else's yet. */
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
