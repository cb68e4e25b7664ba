import { compressFrameSync } from 'lz4-napi'
import { describe, expect, it } from 'vitest'
import { committedRecords } from './committed-records.ts'

const TRANSACTIONAL = 0b10000
const MARKER = 0b110000

const TIME = 1_700_000_000_000

function batch(base: number, producer: number, attributes: number, records: readonly { key: Buffer; value: Buffer }[]): Buffer {
  const bodies = records.map(({ key, value }, index) => {
    const body = Buffer.concat([Buffer.of(0, 0, index * 2, key.length * 2), key, Buffer.of(value.length * 2), value, Buffer.of(0)])
    return Buffer.concat([Buffer.of(body.length * 2), body])
  })
  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(base), 0)
  head.writeInt32BE(head.length - 12 + Buffer.concat(bodies).length, 8)
  head.writeInt16BE(attributes, 21)
  head.writeInt32BE(records.length - 1, 23)
  head.writeBigInt64BE(BigInt(TIME + base), 27)
  head.writeBigInt64BE(BigInt(producer), 43)
  head.writeInt32BE(records.length, 57)
  return Buffer.concat([head, ...bodies])
}

const texts = (base: number, producer: number, attributes: number, ...values: readonly string[]): Buffer =>
  batch(
    base,
    producer,
    attributes,
    values.map((value) => ({ key: Buffer.alloc(4), value: Buffer.from(value) })),
  )
const marker = (base: number, producer: number, isCommit: boolean): Buffer =>
  batch(base, producer, MARKER, [{ key: Buffer.of(0, 0, 0, isCommit ? 1 : 0), value: Buffer.alloc(0) }])

const valuesOf = (...log: readonly Buffer[]): readonly string[] =>
  committedRecords(Buffer.concat(log)).records.map(({ value }) => String(value))

/** The same batch with its records as an LZ4 frame. */
function packed(plain: Buffer): Buffer {
  const bytes = Buffer.concat([plain.subarray(0, 61), compressFrameSync(plain.subarray(61))])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(bytes.readInt16BE(21) | 3, 21)
  return bytes
}

describe('The verifier’s filter', () => {
  it('20.B7 reads batches that are compressed with LZ4', () => {
    expect(valuesOf(packed(texts(0, 1, TRANSACTIONAL, 'one', 'two')), marker(2, 1, true))).toEqual(['one', 'two'])
  })

  it('keeps records outside transactions, in order', () => {
    expect(valuesOf(texts(0, -1, 0, 'a', 'b'), texts(2, 7, 0, 'c'))).toEqual(['a', 'b', 'c'])
  })

  it('keeps committed and drops aborted records of overlapping transactions', () => {
    const log = [
      texts(0, 1, TRANSACTIONAL, 'one'),
      texts(1, 2, TRANSACTIONAL, 'two'),
      texts(2, 1, TRANSACTIONAL, 'one again'),
      marker(3, 2, false),
      texts(4, 2, TRANSACTIONAL, 'two retried'),
      marker(5, 1, true),
      marker(6, 2, true),
    ]
    expect(valuesOf(...log)).toEqual(['one', 'one again', 'two retried'])
  })

  it('returns the time of each commit marker, but not of abort markers', () => {
    const log = [
      texts(0, 1, TRANSACTIONAL, 'a'),
      marker(1, 1, true),
      texts(2, 1, TRANSACTIONAL, 'b'),
      marker(3, 1, false),
      marker(4, 1, true),
    ]
    expect(committedRecords(Buffer.concat(log)).commitTimes).toEqual([TIME + 1, TIME + 4])
  })

  it('does not mistake a key of four zero bytes for a marker, and lists producers with an open transaction', () => {
    const { records, hanging } = committedRecords(Buffer.concat([texts(0, 1, TRANSACTIONAL, 'open'), texts(1, -1, 0, 'plain')]))
    expect(records.map(({ value }) => String(value))).toEqual(['plain'])
    expect(hanging).toEqual([1])
  })
})
