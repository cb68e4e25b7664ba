import { formatOf, type Serde } from '../../state/index.ts'
import type { Header } from '../broker/index.ts'

/** A change that `suppress` holds back. */
export interface Suppressed<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  /** The row as it was last emitted, which lookups still see. */
  readonly priorValue: V | null
  readonly headers: readonly Header[] | undefined
}

/** Each part is preceded by its length (−1 for null); the values come first, then the headers as pairs of parts. */
export function suppressedSerde<V>(inner: Serde<V>): Serde<Suppressed<V>> {
  const bytesOf = (value: V | null): Uint8Array | null => (value === null ? null : inner.serialize(value))
  const valueOf = (bytes: Uint8Array | null | undefined): V | null =>
    bytes === null || bytes === undefined ? null : inner.deserialize(bytes)
  return {
    format: formatOf('suppressed', inner),
    serialize: ({ newValue, oldValue, priorValue, headers = [] }) =>
      joinParts([
        bytesOf(newValue),
        bytesOf(oldValue),
        bytesOf(priorValue),
        ...headers.flatMap(({ key, value }) => [Buffer.from(key, 'utf8'), value]),
      ]),
    deserialize: (bytes) => {
      const [newValue, oldValue, priorValue, ...rest] = splitParts(bytes)
      const headers: Header[] = []
      for (let at = 0; at + 1 < rest.length; at += 2) {
        headers.push({ key: Buffer.from(rest[at] ?? []).toString('utf8'), value: rest[at + 1] ?? null })
      }
      return {
        newValue: valueOf(newValue),
        oldValue: valueOf(oldValue),
        priorValue: valueOf(priorValue),
        headers: headers.length === 0 ? undefined : headers,
      }
    },
  }
}

function joinParts(parts: readonly (Uint8Array | null)[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.allocUnsafe(4)
      length.writeInt32BE(part === null ? -1 : part.length)
      return part === null ? [length] : [length, part]
    }),
  )
}

function splitParts(bytes: Uint8Array): readonly (Uint8Array | null)[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: (Uint8Array | null)[] = []
  for (let at = 0; at < bytes.length;) {
    const length = view.getInt32(at)
    at += 4
    parts.push(length < 0 ? null : bytes.slice(at, at + length))
    at += Math.max(0, length)
  }
  return parts
}
