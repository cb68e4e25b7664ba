import { formatOf, type Serde } from '../../state/index.ts'

export type JoinSide = 'left' | 'right'

export interface SideKey<K> {
  readonly side: JoinSide
  readonly key: K
}

export interface SideValue<L, R> {
  readonly side: JoinSide
  readonly value: L | R
}

const LEFT = 1
const RIGHT = 0

/** Keys of both sides of a join in one buffer: a byte for the side precedes the key, and right sorts first, as in Kafka Streams. */
export function sideKeySerde<K>(inner: Serde<K>): Serde<SideKey<K>> {
  return {
    format: formatOf('side', inner),
    serialize: ({ side, key }) => prefixed(side, inner.serialize(key)),
    deserialize: (bytes) => ({ side: sideOf(bytes), key: inner.deserialize(bytes.subarray(1)) }),
  }
}

/** Values of both sides, each with the serde of its side. */
export function sideValueSerde<L, R>(left: Serde<L>, right: Serde<R>): Serde<SideValue<L, R>> {
  const serdes: { readonly left: Serde<L | R>; readonly right: Serde<L | R> } = { left, right }
  return {
    format: formatOf('sides', left, right),
    serialize: ({ side, value }) => prefixed(side, serdes[side].serialize(value)),
    deserialize: (bytes) => {
      const side = sideOf(bytes)
      return { side, value: serdes[side].deserialize(bytes.subarray(1)) }
    },
  }
}

function prefixed(side: JoinSide, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 1)
  out[0] = side === 'left' ? LEFT : RIGHT
  out.set(bytes, 1)
  return out
}

const sideOf = (bytes: Uint8Array): JoinSide => (bytes[0] === LEFT ? 'left' : 'right')
