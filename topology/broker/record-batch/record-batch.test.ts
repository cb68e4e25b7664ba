import { describe, expect, it } from 'vitest'
import type { Header } from './record-batch.ts'
import { RecordBatchBuilder, placeBatch, type SealOptions } from './record-batch-builder.ts'
import { UnreadableBatchError } from '../errors.ts'
import { BatchReader, splitBatches } from './batch-reader.ts'
import { filterBatch } from './filter-batch.ts'

interface Written {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

const PLAIN: SealOptions = { baseOffset: 0, producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false }

describe('a record batch', () => {
  it('has the bytes of Kafka’s format v2 (golden: an independent encoder’s)', () => {
    const builder = builderOf([
      {
        key: Buffer.from('k'),
        value: Buffer.from('value'),
        timestamp: 1_700_000_000_000,
        headers: [{ key: 'h', value: Buffer.from('x') }],
      },
      { key: null, value: null, timestamp: 1_700_000_000_123, headers: [] },
      {
        key: Buffer.alloc(0),
        value: Buffer.alloc(100, 97),
        timestamp: 1_699_999_999_999,
        headers: [{ key: 'é', value: Buffer.alloc(0) }],
      },
    ])
    const sealed = builder.seal({ baseOffset: 42, producerId: 7, producerEpoch: 3, firstSequence: 5, transactional: true })
    expect(sealed.toString('hex')).toBe(
      '000000000000002a000000bbffffffff02f65769630010000000020000018bcfe568000000018bcfe5687b0000000000000007000300000005000000' +
        '0320000000026b0a76616c756502026802780e00f60102010100de0100010400c801' +
        '61'.repeat(100) +
        '0204c3a900',
    )
  })

  it('reads back what was written, for random records', () => {
    const random = numbers(7)
    for (let round = 0; round < 60; round++) {
      const written = Array.from({ length: 1 + (random() % 40) }, () => randomRecord(random))
      const baseOffset = random() * 2 ** 20
      const batch = new BatchReader(builderOf(written).seal({ ...PLAIN, baseOffset }))
      expect(batch.recordCount).toBe(written.length)
      expect(batch.lastOffset).toBe(baseOffset + written.length - 1)
      expect(batch.maxTimestamp).toBe(Math.max(...written.map(({ timestamp }) => timestamp)))
      expect(shown(readAll(batch))).toBe(shown(written))
      batch.rewind()
      expect(shown(readAll(batch))).toBe(shown(written))
    }
  })

  it('can be placed at another offset without changing its checksum', () => {
    const sealed = builderOf([record('a'), record('b')]).seal(PLAIN)
    placeBatch(sealed, 2 ** 40)
    const batch = new BatchReader(sealed)
    batch.next()
    batch.next()
    expect(batch.offset).toBe(2 ** 40 + 1)
  })

  it('is rejected when a byte covered by the checksum changes or bytes are missing', () => {
    const sealed = builderOf([record('a'), record('b')]).seal(PLAIN)
    for (let at = 8; at < sealed.length; at++) {
      if (at >= 12 && at < 16) continue // the partition leader epoch, which the checksum does not cover
      const flipped = Buffer.from(sealed)
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at)
      expect(() => new BatchReader(flipped)).toThrow(UnreadableBatchError)
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => new BatchReader(sealed.subarray(0, length))).toThrow(UnreadableBatchError)
  })

  it('contains nothing of earlier batches after the builder is reset', () => {
    const builder = builderOf([record('long enough to be seen')])
    builder.reset()
    expect(builder.recordCount).toBe(0)
    builder.append(null, Buffer.from('b'), 5)
    const batch = new BatchReader(builder.seal(PLAIN))
    expect(readAll(batch)).toEqual([{ key: null, value: Buffer.from('b'), timestamp: 5, headers: [] }])
  })

  it('is split from a fetch response, ignoring an incomplete last one', () => {
    const batches = [record('a'), record('b'), record('c')].map((written) => builderOf([written]).seal(PLAIN))
    const together = Buffer.concat(batches)
    expect(splitBatches(together).length).toBe(3)
    for (let cut = 1; cut < (batches[2]?.length ?? 0); cut++)
      expect(splitBatches(together.subarray(0, together.length - cut)).length).toBe(2)
  })

  it('keeps offsets and timestamps of the records that pass a filter', () => {
    const batch = new BatchReader(builderOf(['a', 'b', 'c'].map(record)).seal({ ...PLAIN, baseOffset: 10 }))
    const filtered = filterBatch(batch, ({ offset }) => offset !== 11)
    if (!Buffer.isBuffer(filtered)) throw new Error('nothing was filtered')
    const left = new BatchReader(filtered)
    expect([left.baseOffset, left.lastOffset, left.recordCount]).toEqual([10, 12, 2])
    const offsets: number[] = []
    while (left.next()) offsets.push(left.offset)
    expect(offsets).toEqual([10, 12])
    expect(filterBatch(batch, () => true)).toBe(batch)
    expect(filterBatch(batch, () => false)).toBeUndefined()
  })
})

function record(value: string): Written {
  return { key: Buffer.from('k'), value: Buffer.from(value), timestamp: 1000, headers: [] }
}

function builderOf(records: readonly Written[]): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (const { key, value, timestamp, headers } of records) builder.append(key, value, timestamp, headers)
  return builder
}

function readAll(batch: BatchReader): Written[] {
  const records: Written[] = []
  const copy = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes))
  while (batch.next()) {
    const headers = batch.headers.map(({ key, value }) => ({ key, value: copy(value) }))
    records.push({ key: copy(batch.key), value: copy(batch.value), timestamp: batch.timestamp, headers })
  }
  return records
}

/** As text, because the test framework takes minutes to compare buffers byte by byte. */
function shown(records: readonly Written[]): string {
  const hex = (bytes: Uint8Array | null): string => (bytes === null ? 'null' : Buffer.from(bytes).toString('hex'))
  return records
    .map(({ key, value, timestamp, headers }) =>
      [hex(key), hex(value), timestamp, ...headers.map((header) => `${header.key}=${hex(header.value)}`)].join(),
    )
    .join('\n')
}

function randomRecord(random: () => number): Written {
  const bytes = (): Buffer | null => (random() % 5 === 0 ? null : Buffer.alloc(random() % (random() % 9 === 0 ? 20_000 : 80), random()))
  const timestamp = [0, -1, 2 ** 45, 1_700_000_000_000, 1_700_000_000_000 - 2 ** 33][random() % 5] ?? 0
  const headers = Array.from({ length: random() % 4 === 0 ? random() % 90 : 0 }, () => ({ key: `h${random()}`, value: bytes() }))
  return { key: bytes(), value: bytes(), timestamp, headers }
}

function numbers(seed: number): () => number {
  let state = seed
  return () => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 8
}

it('20.B5 a builder refuses what is no timestamp, and keeps its records', () => {
  const builder = new RecordBatchBuilder()
  builder.append(null, Buffer.from('a'), 18)
  for (const timestamp of [NaN, Infinity, 1.5, 1e300, -2]) expect(() => builder.append(null, null, timestamp)).toThrow(RangeError)
  for (const timestamp of [10n, '10', undefined, null] as unknown[] as number[])
    expect(() => builder.append(null, null, timestamp)).toThrow(TypeError)
  builder.append(null, Buffer.from('b'), -1)
  expect(builder.recordCount).toBe(2)
  const reader = new BatchReader(builder.seal(PLAIN))
  const timestamps: number[] = []
  while (reader.next()) timestamps.push(reader.timestamp)
  expect(timestamps).toEqual([18, -1])
})
