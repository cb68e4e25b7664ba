import { asBuffer, copyOf } from './bytes.ts'
import type { Serde } from './serde.ts'

/** Key of a windowed table: the record key and its window, `start` inclusive, `end` exclusive (sessions: inclusive). */
export interface Windowed<K> {
  readonly key: K
  readonly start: number
  readonly end: number
}

interface KnownText {
  readonly text: string
  readonly bytes: Uint8Array
}

const NO_TEXT: KnownText = { text: '', bytes: new Uint8Array(0) }
const SHORT_TEXT = 64
/** The two latest short texts: usually the key and the value of one record. */
let latestText = NO_TEXT
let textBefore = NO_TEXT

/** Remembers the latest texts, because a record's key is deserialized once and then serialized for store and sink. */
const string: Serde<string> = {
  format: 'string',
  serialize: (value) => {
    if (value === latestText.text) return latestText.bytes
    return value === textBefore.text ? textBefore.bytes : remember(value, textBytes(value))
  },
  deserialize: (view) => {
    const text = asBuffer(view).toString('utf8')
    if (isShortAscii(view)) remember(text, view)
    return text
  },
}

function remember(text: string, bytes: Uint8Array): Uint8Array {
  textBefore = latestText
  latestText = { text, bytes }
  return bytes
}

/** Only ASCII round-trips for certain: malformed UTF-8 decodes to text that encodes to other bytes. */
function isShortAscii(bytes: Uint8Array): boolean {
  if (bytes.length > SHORT_TEXT) return false
  for (const byte of bytes) if (byte > 127) return false
  return true
}

/** Short texts are usually ASCII; a loop encodes them without a native call. */
function textBytes(text: string): Buffer {
  if (text.length > SHORT_TEXT) return Buffer.from(text, 'utf8')
  const encoded = Buffer.allocUnsafe(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return Buffer.from(text, 'utf8')
    encoded[at] = code
  }
  return encoded
}

/** `deserialize` returns a view: copy it before changing it. */
const bytes: Serde<Uint8Array> = { format: 'bytes', serialize: copyOf, deserialize: (view) => view }

let lastLong: number | undefined
let lastLongBytes: Buffer = Buffer.alloc(0)

/** Remembers the latest number, because a value that goes to a store usually goes to a sink next. */
const long: Serde<number> = {
  format: 'long',
  serialize: (value) => {
    if (value === lastLong) return lastLongBytes
    if (!Number.isSafeInteger(value))
      throw new RangeError(`Serdes.long cannot serialize ${value}: it is not a safe integer. Use Serdes.bigint.`)
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeInt32BE(Math.floor(value / 0x100000000), 0)
    buffer.writeUInt32BE(value >>> 0, 4)
    lastLong = value
    lastLongBytes = buffer
    return buffer
  },
  deserialize: (view) => {
    const words = eightBytes(view)
    const value = words.getInt32(0) * 0x100000000 + words.getUint32(4)
    if (!Number.isSafeInteger(value))
      throw new RangeError(`Serdes.long cannot deserialize a 64-bit integer beyond 2^53 (about ${value}). Use Serdes.bigint.`)
    return value
  },
}

const bigint: Serde<bigint> = {
  format: 'long',
  serialize: (value) => {
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeBigInt64BE(value)
    return buffer
  },
  deserialize: (view) => eightBytes(view).getBigInt64(0),
}

const double: Serde<number> = {
  format: 'double',
  serialize: (value) => {
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeDoubleBE(value)
    return buffer
  },
  deserialize: (view) => eightBytes(view).getFloat64(0),
}

/** Values as JSON text. */
function json<T>(): Serde<T> {
  return {
    format: 'json',
    serialize: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
    deserialize: (view) => JSON.parse(string.deserialize(view)) as T,
  }
}

/** Kafka's encoding of a time-windowed key: the key, then the window's start (8 bytes, big-endian), without the size. */
function windowed<K>(inner: Serde<K>, options: { readonly sizeMs: number }): Serde<Windowed<K>> {
  return {
    format: formatOf('windowed', inner),
    serialize: ({ key, start }) => Buffer.concat([inner.serialize(key), long.serialize(start)]),
    deserialize: (view) => {
      const start = long.deserialize(view.subarray(view.length - 8))
      return { key: inner.deserialize(view.subarray(0, view.length - 8)), start, end: start + options.sizeMs }
    },
  }
}

/** Kafka's encoding of a session key: the key, the session's end, its start. */
function sessionWindowed<K>(inner: Serde<K>): Serde<Windowed<K>> {
  return {
    format: formatOf('session-windowed', inner),
    serialize: ({ key, start, end }) => Buffer.concat([inner.serialize(key), long.serialize(end), long.serialize(start)]),
    deserialize: (view) => ({
      key: inner.deserialize(view.subarray(0, view.length - 16)),
      end: long.deserialize(view.subarray(view.length - 16, view.length - 8)),
      start: long.deserialize(view.subarray(view.length - 8)),
    }),
  }
}

/** The format of a serde that wraps others: unknown if one of theirs is. */
export function formatOf(wrapper: string, ...inner: readonly Pick<Serde<never>, 'format'>[]): string | undefined {
  const formats = inner.map(({ format }) => format)
  return formats.includes(undefined) ? undefined : `${wrapper}(${formats.join(', ')})`
}

/** `long`: Kafka's 8 bytes as a JavaScript number, a `RangeError` beyond 2^53; `bigint`: the same bytes without that bound. */
export const Serdes = { string, bytes, long, bigint, double, json, windowed, sessionWindowed } as const

const eight = new DataView(new ArrayBuffer(8))

function eightBytes(view: Uint8Array): DataView {
  if (view.length !== 8) throw new RangeError(`A 64-bit number needs 8 bytes, got ${view.length}. Check the serde of this topic or store.`)
  for (let at = 0; at < 8; at++) eight.setUint8(at, view[at] ?? 0)
  return eight
}
