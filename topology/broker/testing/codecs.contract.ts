import { beforeEach, describe, expect, it } from 'vitest'
import type { Compression } from '../../../state/index.ts'
import type { Broker, FetchedPartition, TopicPartition } from '../broker.ts'
import { UnreadableBatchError } from '../errors.ts'
import { createRecordBatchBuilder, layout, prepareCompression, type RecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { readAll, recordsOf, valuesOf } from './records.ts'

const CODECS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const KEEP = { 'retention.ms': '-1' }
/** Long before any clock of a broker. */
const LONG_AGO = 1_000

/** Compressed batches, and timestamps that the broker sets. */
export function describeCodecs(underTest: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(async () => {
    broker = underTest().broker
    for (const codec of CODECS) await prepareCompression(codec)
  })

  describe('20.B6 a topic with LogAppendTime', () => {
    const STAMPED: TopicPartition = { topic: 'stamped', partition: 0 }

    it.each(CODECS)('gives all records of a batch the broker’s time, whatever the producer says, with codec %s', async (codec) => {
      await broker.admin.createTopics([{ name: 'stamped', partitions: 1, config: { ...KEEP, 'message.timestamp.type': 'LogAppendTime' } }])
      await send(broker, STAMPED, manyRecords(20, codec))
      const records = await readAll(broker, STAMPED)
      expect(records.map(({ value }) => value)).toEqual(manyValues(20))
      const [first] = records
      expect(first?.timestamp).not.toBe(LONG_AGO)
      expect(new Set(records.map(({ timestamp }) => timestamp))).toEqual(new Set([first?.timestamp]))
      const [fetched] = await fetchFrom(broker, STAMPED)
      expect(fetched?.batches.map(({ maxTimestamp }) => maxTimestamp)).toEqual([first?.timestamp])
      const at = await broker.admin.listOffsets([STAMPED], { timestampMs: LONG_AGO + 30 })
      expect(at).toEqual([{ ...STAMPED, offset: 0 }])
    })

    it('keeps the time of what was appended before the setting changed, in both directions', async () => {
      await broker.admin.createTopics([{ name: 'stamped', partitions: 1, config: KEEP }])
      await send(broker, STAMPED, manyRecords(1, 'none'))
      await broker.admin.alterTopic('stamped', { 'message.timestamp.type': 'LogAppendTime' })
      await expect
        .poll(async () => {
          await send(broker, STAMPED, manyRecords(1, 'none'))
          return (await readAll(broker, STAMPED)).at(-1)?.timestamp
        })
        .not.toBe(LONG_AGO)
      await broker.admin.alterTopic('stamped', { 'message.timestamp.type': 'CreateTime' })
      await expect
        .poll(async () => {
          await send(broker, STAMPED, manyRecords(1, 'none'))
          return (await readAll(broker, STAMPED)).at(-1)?.timestamp
        })
        .toBe(LONG_AGO)
      const timestamps = (await readAll(broker, STAMPED)).map(({ timestamp }) => timestamp)
      expect(timestamps[0]).toBe(LONG_AGO)
      expect(timestamps.some((timestamp) => timestamp !== LONG_AGO)).toBe(true)
    })
  })

  describe('20.B7 a batch', () => {
    const T0: TopicPartition = { topic: 'orders', partition: 0 }
    const T1: TopicPartition = { topic: 'orders', partition: 1 }

    it.each(CODECS)('with codec %s is stored as it was sent, and read from any of its offsets', async (codec) => {
      await send(broker, T0, manyRecords(300, codec))
      expect(await valuesOf(broker, T0)).toEqual(manyValues(300))
      expect((await readAll(broker, T0, 299)).map(({ offset, value }) => [offset, value])).toEqual([[299, manyValues(300)[299]]])
      const [fetched] = await fetchFrom(broker, T0)
      const [batch] = fetched?.batches ?? []
      const plain = manyRecords(300, 'none').sizeInBytes
      if (codec === 'none') expect(batch?.sizeInBytes).toBe(plain)
      else expect(batch?.sizeInBytes).toBeLessThan(plain / 2)
      expect(batch?.recordCount).toBe(300)
    })

    it.each(CODECS.filter((codec) => codec !== 'none'))(
      'is recompressed by a topic whose compression.type is %s, and read',
      async (codec) => {
        await broker.admin.createTopics([{ name: 'recompressed', partitions: 1, config: { ...KEEP, 'compression.type': codec } }])
        const partition = { topic: 'recompressed', partition: 0 }
        for (const sent of CODECS) await send(broker, partition, manyRecords(300, sent))
        expect(await valuesOf(broker, partition)).toEqual(CODECS.flatMap(() => manyValues(300)))
        const [fetched] = await fetchFrom(broker, partition)
        for (const batch of fetched?.batches ?? []) expect(batch.sizeInBytes).toBeLessThan(manyRecords(300, 'none').sizeInBytes / 2)
      },
    )

    it('is decompressed by a topic whose compression.type is uncompressed', async () => {
      await broker.admin.createTopics([{ name: 'plain', partitions: 1, config: { ...KEEP, 'compression.type': 'uncompressed' } }])
      const partition = { topic: 'plain', partition: 0 }
      await send(broker, partition, manyRecords(300, 'lz4'))
      const [fetched] = await fetchFrom(broker, partition)
      expect(fetched?.batches.map(({ sizeInBytes }) => sizeInBytes)).toEqual([manyRecords(300, 'none').sizeInBytes])
      expect(await valuesOf(broker, partition)).toEqual(manyValues(300))
    })

    it('that cannot be decompressed is named when its records are read, and withholds no other batch', async () => {
      await send(broker, T0, manyRecords(2, 'lz4'))
      const bomb = createRecordBatchBuilder('gzip')
      bomb.append(null, Buffer.alloc(layout.MAX_DECOMPRESSED_BYTES), LONG_AGO)
      await send(broker, T0, bomb)
      await send(broker, T1, manyRecords(2, 'zstd'))
      const fetcher = broker.openFetcher()
      const start = [T0, T1].map((partition) => ({ ...partition, offset: 0 }))
      const seen = new Map<number, FetchedPartition>()
      for (let round = 0; round < 50 && seen.size < 2; round++)
        for (const fetched of await fetcher.fetch(start, { maxWaitMs: 100 })) seen.set(fetched.partition, fetched)
      await fetcher.close()
      const [before, unreadable] = seen.get(0)?.batches ?? []
      if (before === undefined || unreadable === undefined) throw new RangeError('there are two batches')
      expect(recordsOf(before).map(({ value }) => value)).toEqual(manyValues(2))
      expect(unreadable.recordCount).toBe(1)
      const read = (): unknown => unreadable.next()
      expect(read).toThrow(UnreadableBatchError)
      expect(read).toThrow(new RegExp(`orders-0@${unreadable.baseOffset}: .*gzip.*67108864`))
      expect(
        seen
          .get(1)
          ?.batches.flatMap(recordsOf)
          .map(({ value }) => value),
      ).toEqual(manyValues(2))
    })
  })
}

function manyValues(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `a value that repeats itself ${n}`)
}

function manyRecords(count: number, compression: Compression): RecordBatchBuilder {
  const builder = createRecordBatchBuilder(compression)
  for (const value of manyValues(count)) builder.append(Buffer.from('key'), Buffer.from(value), LONG_AGO)
  return builder
}

async function send(broker: Broker, { topic, partition }: TopicPartition, builder: RecordBatchBuilder): Promise<void> {
  const producer = await broker.openProducer({})
  await producer.send(topic, partition, builder)
  await producer.commit()
  await producer.close()
}

async function fetchFrom(broker: Broker, partition: TopicPartition): Promise<readonly FetchedPartition[]> {
  const fetcher = broker.openFetcher()
  try {
    return await fetcher.fetch([{ ...partition, offset: 0 }], { maxWaitMs: 1_000 })
  } finally {
    await fetcher.close()
  }
}
