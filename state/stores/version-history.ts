import { asBuffer } from '../bytes.ts'

/** A value during a span of time, `from` inclusive, `to` exclusive; `value: null` means that there was none. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly value: Uint8Array | null
}

/** Ascending and without overlap; gaps mean "no value". */
export type Spans = readonly Span[]

const HEAD = 8 + 8 + 4
const INITIAL_BYTES = 128

/** Bytes shared by successive histories of one key. Each history is a prefix of them; only the longest can be appended to in place. */
interface Backing {
  readonly bytes: Buffer
  used: number
}

/** The spans of one segment, in their stored encoding. Immutable; appending, which is by far the most frequent change, copies nothing. */
export class History {
  static readonly EMPTY = new History({ bytes: Buffer.alloc(0), used: 0 }, 0, -Infinity)
  readonly #backing: Backing
  readonly sizeInBytes: number
  /** End of the last span. */
  readonly end: number

  private constructor(backing: Backing, sizeInBytes: number, end: number) {
    this.#backing = backing
    this.sizeInBytes = sizeInBytes
    this.end = end
  }

  static from(stored: Uint8Array): History {
    const bytes = asBuffer(stored)
    let end = -Infinity
    for (let at = 0; at < bytes.length; at += HEAD + Math.max(0, bytes.readInt32BE(at + 16))) end = bytes.readDoubleBE(at + 8)
    return new History({ bytes, used: bytes.length }, bytes.length, end)
  }

  static of(spans: Spans): History {
    return spans.reduce((history, span) => history.#append(span), History.EMPTY)
  }

  get isEmpty(): boolean {
    return this.sizeInBytes === 0
  }

  get bytes(): Buffer {
    return this.#backing.bytes.subarray(0, this.sizeInBytes)
  }

  spans(): Spans {
    const spans: Span[] = []
    for (let at = 0; at < this.sizeInBytes; at = this.#endOf(at)) spans.push(this.#spanAt(at))
    return spans
  }

  /** The span that covers the time; decodes only that one. */
  at(time: number): Span | undefined {
    const { bytes } = this.#backing
    for (let at = 0; at < this.sizeInBytes; at = this.#endOf(at))
      if (bytes.readDoubleBE(at) <= time && time < bytes.readDoubleBE(at + 8)) return this.#spanAt(at)
    return undefined
  }

  /** Adds the value from `added.from` on. The span that covers this time ends there; without one, the value fills the gap up to `to`. */
  with(added: Span): History {
    return added.from >= this.end ? this.#append(added) : History.of(withSpan(this.spans(), added))
  }

  #endOf(at: number): number {
    return at + HEAD + Math.max(0, this.#backing.bytes.readInt32BE(at + 16))
  }

  #spanAt(at: number): Span {
    const { bytes } = this.#backing
    const value = bytes.readInt32BE(at + 16) < 0 ? null : bytes.subarray(at + HEAD, this.#endOf(at))
    return { from: bytes.readDoubleBE(at), to: bytes.readDoubleBE(at + 8), value }
  }

  #append({ from, to, value }: Span): History {
    const at = this.sizeInBytes
    const size = at + HEAD + (value?.length ?? 0)
    const backing = this.#backingFor(size)
    const { bytes } = backing
    bytes.writeDoubleBE(from, at)
    bytes.writeDoubleBE(to, at + 8)
    bytes.writeInt32BE(value?.length ?? -1, at + 16)
    if (value !== null) bytes.set(value, at + HEAD)
    backing.used = size
    return new History(backing, size, to)
  }

  #backingFor(size: number): Backing {
    const backing = this.#backing
    if (backing.used === this.sizeInBytes && size <= backing.bytes.length) return backing
    const bytes = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, 2 * size))
    backing.bytes.copy(bytes, 0, 0, this.sizeInBytes)
    return { bytes, used: this.sizeInBytes }
  }
}

export function spanAt(spans: Spans, time: number): Span | undefined {
  return spans.find((span) => span.from <= time && time < span.to)
}

function withSpan(spans: Spans, added: Span): Spans {
  const covering = spanAt(spans, added.from)
  if (covering === undefined) return [...spans, added].sort((a, b) => a.from - b.from)
  const parts = covering.from === added.from ? [] : [{ ...covering, to: added.from }]
  return spans.flatMap((span) => (span === covering ? [...parts, { ...added, to: covering.to }] : [span]))
}
