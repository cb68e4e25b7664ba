import { asBuffer } from '../bytes.ts'

/** A value over a span of time, `from` inclusive, `to` exclusive; `value: null` tells that there was none in it. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly value: Uint8Array | null
}

/** Ascending and without overlap; gaps mean "no value". */
export type Spans = readonly Span[]

const HEAD = 8 + 8 + 4

export function encodeSpans(spans: Spans): Buffer {
  const bytes = Buffer.allocUnsafe(spans.reduce((sum, span) => sum + HEAD + (span.value?.length ?? 0), 0))
  let at = 0
  for (const { from, to, value } of spans) {
    bytes.writeDoubleBE(from, at)
    bytes.writeDoubleBE(to, at + 8)
    bytes.writeInt32BE(value?.length ?? -1, at + 16)
    if (value !== null) bytes.set(value, at + HEAD)
    at += HEAD + (value?.length ?? 0)
  }
  return bytes
}

export function decodeSpans(stored: Uint8Array): Spans {
  const bytes = asBuffer(stored)
  const spans: Span[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readInt32BE(at + 16)
    const end = at + HEAD + Math.max(0, length)
    spans.push({
      from: bytes.readDoubleBE(at),
      to: bytes.readDoubleBE(at + 8),
      value: length < 0 ? null : bytes.subarray(at + HEAD, end),
    })
    at = end
  }
  return spans
}

/** The span that covers the time. */
export function spanAt(spans: Spans, time: number): Span | undefined {
  return spans.find((span) => span.from <= time && time < span.to)
}

/** The spans with the value from that time on: ends the span that covers it there, or fills a gap up to `to`. */
export function withSpan(spans: Spans, added: Span): Spans {
  const covering = spanAt(spans, added.from)
  if (covering === undefined) return [...spans, added].sort((a, b) => a.from - b.from)
  const parts = covering.from === added.from ? [] : [{ ...covering, to: added.from }]
  return spans.flatMap((span) => (span === covering ? [...parts, { ...added, to: covering.to }] : [span]))
}
