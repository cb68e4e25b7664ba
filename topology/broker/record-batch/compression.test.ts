import { gzipSync } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Compression } from '../../../state/index.ts'
import { UnreadableBatchError } from '../errors.ts'
import { BatchReader } from './batch-reader.ts'
import { codecNamed, prepareCompression } from './compression/index.ts'
import { filterBatch } from './filter-batch.ts'
import * as at from './layout.ts'
import { RecordBatchBuilder, type SealOptions } from './record-batch-builder.ts'
import { stampAppendTime } from './stamp-append-time.ts'
import { FOREIGN_BATCHES } from './testing/foreign-batches.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly Compression[]
const PLAIN: SealOptions = { baseOffset: 0, producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false }

beforeAll(async () => {
  for (const codec of CODECS) await prepareCompression(codec)
})

describe('20.B7 A batch of another client', () => {
  const foreign = Object.entries(FOREIGN_BATCHES).flatMap(([client, batches]) =>
    Object.entries(batches).map(([codec, bytes]) => ({ client, codec, bytes })),
  )

  it.each(foreign)('of $client with codec $codec is read', ({ codec, bytes }) => {
    const sealed = Buffer.from(bytes, 'base64')
    expect(sealed.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK).toBe(['none', ...CODECS].indexOf(codec))
    const batch = new BatchReader(sealed, 'orders-2')
    expect([batch.recordCount, batch.baseOffset, batch.lastOffset]).toEqual([24, 0, 23])
    const records = readAll(batch)
    expect(records).toEqual(Array.from({ length: 24 }, (_, n) => foreignRecord(n)))
    batch.rewind()
    expect(readAll(batch)).toEqual(records)
  })
})

describe.each(CODECS)('20.B7 A batch compressed with %s', (codec) => {
  it('reads back what was written, whatever its size', () => {
    for (const count of [1, 2, 500, 20_000]) {
      const batch = new BatchReader(batchOf(count, codec))
      expect([batch.recordCount, batch.lastOffset, batch.maxTimestamp]).toEqual([count, count - 1, 1_000 + count - 1])
      expect(readAll(batch).map(({ value }) => value)).toEqual(values(count))
    }
  })

  it('is smaller than an uncompressed one, and as large if compressed twice: the builder keeps its records', () => {
    const builder = builderOf(500, codec)
    const first = builder.seal(PLAIN)
    expect(first.length).toBeLessThan(batchOf(500, 'none').length / 2)
    expect(builder.seal(PLAIN).equals(first)).toBe(true)
  })

  it('holds what cannot be compressed', () => {
    const noise = Buffer.from(Array.from({ length: 100_000 }, (_, n) => Math.imul(n ^ 0x5bd1e995, 0x9e3779b1) >>> 24))
    const builder = new RecordBatchBuilder(codec)
    builder.append(null, noise, 1)
    const batch = new BatchReader(builder.seal(PLAIN))
    expect(batch.next() && Buffer.from(batch.value ?? []).equals(noise)).toBe(true)
  })

  it('ends once: after its last record there is none, until it is rewound', () => {
    const batch = new BatchReader(batchOf(2, codec))
    expect([batch.next(), batch.next(), batch.next(), batch.next()]).toEqual([true, true, false, false])
    batch.rewind()
    expect([batch.next(), batch.offset]).toEqual([true, 0])
    batch.rewind()
    expect([batch.next(), batch.offset]).toEqual([true, 0])
  })

  it('stays compressed when the cleaner removes records from it', () => {
    const kept = filterBatch(new BatchReader(batchOf(500, codec)), ({ offset }) => offset % 2 === 1)
    if (!Buffer.isBuffer(kept)) throw new Error('nothing was removed')
    expect(kept.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK).toBe(codecNamed(codec)?.id)
    expect(readAll(new BatchReader(kept)).map(({ value }) => value)).toEqual(values(500).filter((_, n) => n % 2 === 1))
  })

  it('is refused when it decompresses to more than a batch may have, before that has been allocated', () => {
    const bomb = packed(codecNamed(codec)?.compress(Buffer.alloc(at.MAX_DECOMPRESSED_BYTES + 1)), codec)
    expect(bomb.length).toBeLessThan(4 << 20)
    const before = process.memoryUsage()
    expect(() => new BatchReader(bomb, 'orders-2').next()).toThrow(/orders-2@7: .*has more than the 67108864 bytes/)
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    expect(arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(at.MAX_DECOMPRESSED_BYTES * 1.5)
  })

  it('is either read or refused by name when its bytes are damaged under a valid checksum', () => {
    const sealed = batchOf(50, codec)
    let refused = 0
    for (let position = at.RECORDS; position < sealed.length; position++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(sealed)
        damaged.writeUInt8(damaged.readUInt8(position) ^ flip, position)
        const batch = new BatchReader(resealed(damaged), 'orders-2')
        try {
          for (let n = 0; batch.next(); n++) if (n > 50) throw new Error('more records than the header says')
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableBatchError)
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(0)
  })

  it.each([0, 1, 4, 12])('of which only %i bytes are left names partition and offset; its header is readable', (left) => {
    const sealed = batchOf(50, codec)
    const batch = new BatchReader(packed(sealed.subarray(at.RECORDS, at.RECORDS + left), codec), 'orders-2')
    expect([batch.recordCount, batch.baseOffset]).toEqual([1, 7])
    expect(() => batch.next()).toThrow(new RegExp(`orders-2@7: its records cannot be decompressed with ${codec}|exceeds`))
    expect(() => batch.next()).toThrow(UnreadableBatchError)
  })
})

describe('20.B7 A batch', () => {
  it('with an unknown codec names codec, partition and offset, and what to do', () => {
    const batch = new BatchReader(packed(Buffer.from('?'), 7), 'orders-2')
    expect([batch.recordCount, batch.lastOffset]).toEqual([1, 7])
    expect(() => batch.next()).toThrow(/orders-2@7: it is compressed with the unknown codec 7\. Upgrade/)
  })

  it('of a damaged zstd frame on which a decoder could loop for ever is refused within its time', () => {
    const records = Buffer.from(batchOf(50, 'zstd').subarray(at.RECORDS))
    records.writeUInt8(records.readUInt8(15) ^ 1, 15)
    expect(() => new BatchReader(packed(records, 'zstd'), 'orders-2').next()).toThrow(UnreadableBatchError)
  })

  it('of LZ4 blocks that lie about their size is refused by the limit of a block', () => {
    const block = Buffer.alloc(300_000, 0xff)
    const head = Buffer.from('04224d186070', 'hex')
    const length = Buffer.alloc(4)
    length.writeUInt32LE(block.length)
    const frame = Buffer.concat([head, Buffer.alloc(1), ...Array.from({ length: 20 }, () => [length, block]).flat(), Buffer.alloc(4)])
    expect(() => new BatchReader(packed(frame, 'lz4'), 'orders-2').next()).toThrow(/has more than/)
  })

  it('of many small xerial blocks is bounded as a whole', () => {
    const block = codecNamed('snappy')?.compress(Buffer.alloc(1 << 20)) ?? Buffer.alloc(0)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    const head = Buffer.from('82534e41505059000000000100000001', 'hex')
    const stream = Buffer.concat([head, ...Array.from({ length: 65 }, () => [length, block]).flat()])
    expect(() => new BatchReader(packed(stream, 'snappy'), 'orders-2').next()).toThrow(/has more than/)
  })

  it('of several gzip members is bounded as a whole', () => {
    const member = gzipSync(Buffer.alloc(33 << 20))
    expect(() => new BatchReader(packed(Buffer.concat([member, member]), 'gzip'), 'orders-2').next()).toThrow(/has more than/)
  })

  it('is sealed as the topic asks, whatever the producer chose', () => {
    const batch = builderOf(10, 'lz4').seal({ ...PLAIN, compression: 'gzip' })
    expect(batch.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK).toBe(1)
    expect(
      builderOf(10, 'lz4')
        .seal({ ...PLAIN, compression: 'none' })
        .readInt16BE(at.ATTRIBUTES),
    ).toBe(0)
    expect(readAll(new BatchReader(batch)).map(({ value }) => value)).toEqual(values(10))
  })
})

describe('20.B6 A batch that the broker has stamped', () => {
  it.each(['none', ...CODECS] as const)('has one timestamp for all records, with codec %s', (codec) => {
    const sealed = batchOf(5, codec)
    stampAppendTime(sealed, 5_000_000)
    const batch = new BatchReader(sealed)
    expect(batch.maxTimestamp).toBe(5_000_000)
    expect(readAll(batch).map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 5 }, () => 5_000_000))
  })
})

interface Shown {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers: string
}

/** What the clients of `foreign-clients/` write as their n-th record. */
function foreignRecord(n: number): Shown {
  return {
    key: n % 7 === 3 ? null : `key-${n}`,
    value: n % 11 === 5 ? null : `value ${n} `.repeat(1 + (n % 5)),
    timestamp: 1_700_000_000_000 + n,
    headers: n % 3 === 0 ? `n=${n};nothing=null;` : '',
  }
}

function readAll(batch: BatchReader): Shown[] {
  const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())
  const records: Shown[] = []
  while (batch.next())
    records.push({
      key: text(batch.key),
      value: text(batch.value),
      timestamp: batch.timestamp,
      headers: batch.headers.map(({ key, value }) => `${key}=${text(value)};`).join(''),
    })
  return records
}

function values(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `a value that repeats itself ${n}`)
}

function builderOf(count: number, compression: Compression): RecordBatchBuilder {
  const builder = new RecordBatchBuilder(compression)
  values(count).forEach((value, n) => builder.append(n % 7 === 0 ? null : Buffer.from(`k${n}`), Buffer.from(value), 1_000 + n))
  return builder
}

function batchOf(count: number, compression: Compression): Buffer {
  return builderOf(count, compression).seal(PLAIN)
}

/** A batch at offset 7 that says to hold one record, in these bytes. */
function packed(records: Uint8Array | undefined, codec: Compression | number): Buffer {
  const batch = Buffer.concat([
    builderOf(1, 'none')
      .seal({ ...PLAIN, baseOffset: 7 })
      .subarray(0, at.RECORDS),
    records ?? Buffer.alloc(0),
  ])
  batch.writeInt32BE(batch.length - at.LENGTH_COUNTS_FROM, at.LENGTH)
  batch.writeInt16BE(typeof codec === 'number' ? codec : (codecNamed(codec)?.id ?? 0), at.ATTRIBUTES)
  return resealed(batch)
}

function resealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(at.ATTRIBUTES)), at.CHECKSUM)
  return batch
}
