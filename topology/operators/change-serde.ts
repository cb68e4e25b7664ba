import { formatOf, type Serde } from '../../state/index.ts'
import type { Change } from './change.ts'
import { changeOf } from './records.ts'

const OLD = 0
const NEW = 1
const BOTH = 2

/**
 * The serde of a `Change` in a repartition topic, byte for byte that of Kafka Streams: the old value and 0, the new value and 1,
 * or the new value's length (zigzag varint), both values and 2. A change without any value cannot be written.
 */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  return {
    format: formatOf('change', inner),
    serialize: ({ newValue, oldValue }) => {
      if (newValue !== null && oldValue !== null) {
        const bytes = inner.serialize(newValue)
        return Buffer.concat([varint(bytes.length), bytes, inner.serialize(oldValue), Buffer.of(BOTH)])
      }
      if (newValue !== null) return Buffer.concat([inner.serialize(newValue), Buffer.of(NEW)])
      if (oldValue !== null) return Buffer.concat([inner.serialize(oldValue), Buffer.of(OLD)])
      throw new RangeError('A change with neither an old nor a new value cannot be serialized.')
    },
    deserialize: (bytes) => {
      const end = bytes.length - 1
      switch (bytes[end]) {
        case OLD:
          return changeOf<V>(null, inner.deserialize(bytes.subarray(0, end)))
        case NEW:
          return changeOf<V>(inner.deserialize(bytes.subarray(0, end)), null)
        case BOTH: {
          const { length, at } = readVarint(bytes)
          const newValue = inner.deserialize(bytes.subarray(at, at + length))
          return changeOf(newValue, inner.deserialize(bytes.subarray(at + length, end)))
        }
        default:
          throw new RangeError(`A serialized change must end with the byte 0, 1 or 2, got ${bytes[end]}.`)
      }
    },
  }
}

function varint(length: number): Uint8Array {
  const bytes: number[] = []
  let rest = length * 2
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return Uint8Array.from([...bytes, rest])
}

function readVarint(bytes: Uint8Array): { readonly length: number; readonly at: number } {
  let zigzag = 0
  let scale = 1
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at] ?? 0
    zigzag += (byte & 0x7f) * scale
    if (byte < 0x80) return { length: zigzag / 2, at: at + 1 }
    scale *= 128
  }
  throw new RangeError('A serialized change is damaged: the length of its new value has more than five bytes.')
}
