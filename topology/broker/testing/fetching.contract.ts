import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, Fetcher, TopicPartition } from '../broker.ts'
import { OffsetOutOfRangeError, UnknownTopicError } from '../errors.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { isDone } from './is-done.ts'
import { batchOf, produce, readAll, recordsOf, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const T1: TopicPartition = { topic: 'orders', partition: 1 }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Fetches return records as they were sent, and wait for new ones. */
export function describeFetching(underTest: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(() => {
    broker = underTest().broker
  })

  describe('records', () => {
    it('keep null and empty keys and values, timestamps and headers', async () => {
      const builder = createRecordBatchBuilder()
      builder.append(null, bytes('v'), 5)
      builder.append(bytes('k'), null, 3, [
        { key: 'reason', value: bytes('late') },
        { key: 'none', value: null },
        { key: 'ä', value: new Uint8Array(0) },
      ])
      builder.append(new Uint8Array(0), new Uint8Array(0), 2 ** 40)
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, builder)
      await producer.commit()
      const fetched = await broker.openFetcher().fetch([{ ...T0, offset: 0 }], { maxWaitMs: 0 })
      const batch = fetched[0]?.batches[0]
      if (batch === undefined) throw new Error('nothing was fetched')
      expect(recordsOf(batch).map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
        [null, 'v', 5],
        ['k', null, 3],
        ['', '', 2 ** 40],
      ])
      batch.rewind()
      batch.next()
      expect(batch.headers).toEqual([])
      batch.next()
      expect(batch.headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString()])).toEqual([
        ['reason', 'late'],
        ['none', null],
        ['ä', ''],
      ])
    })

    it('with a key of four zero bytes are not mistaken for markers', async () => {
      const builder = createRecordBatchBuilder()
      builder.append(Buffer.alloc(4), bytes('zero'), 1)
      const [aborting, producer] = [
        await broker.openProducer({ transactionalId: 'a' }),
        await broker.openProducer({ transactionalId: 'p' }),
      ]
      await aborting.send('orders', 0, builder)
      await producer.send('orders', 0, builder)
      await aborting.abort()
      await producer.commit()
      expect(await valuesOf(broker, T0)).toEqual(['zero'])
    })

    it('of nearly a megabyte and batches of thousands arrive complete', async () => {
      const large = Buffer.alloc(700_000, 7)
      const builder = createRecordBatchBuilder()
      builder.append(bytes('large'), large, 1)
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, builder)
      builder.reset()
      for (let i = 0; i < 5_000; i++) builder.append(bytes(`k${i}`), bytes(`v${i}`), i)
      await producer.send('orders', 0, builder)
      await producer.commit()
      const records = await readAll(broker, T0)
      expect(records.length).toBe(5_001)
      expect(records[0]?.value?.length).toBe(700_000)
      expect(records.at(-1)?.value).toBe('v4999')
    })
  })

  describe('fetching', () => {
    it('begins at any offset and returns the next one', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await produce(producer, T0, 'a', 'b', 'c')
      await produce(producer, T0, 'd')
      const all = await readAll(broker, T0)
      for (const { offset } of all) expect(await readAll(broker, T0, offset)).toEqual(all.filter((record) => record.offset >= offset))
      const [fetched] = await broker.openFetcher().fetch([{ ...T0, offset: 0 }], { maxWaitMs: 0 })
      expect(fetched?.nextOffset).toBeGreaterThan(fetched?.batches.flatMap(recordsOf).at(-1)?.offset ?? Infinity)
      expect(fetched?.lastStableOffset).toBeGreaterThan(all.at(-1)?.offset ?? 0)
    })

    it('returns at least one batch, however small the bounds, and skips none', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      for (let i = 0; i < 5; i++) await produce(producer, i % 2 === 0 ? T0 : T1, `v${i}`)
      const fetcher = broker.openFetcher()
      const offsets = new Map([T0, T1].map((partition) => [partition.partition, 0]))
      const values: (string | null)[] = []
      for (let i = 0; i < 20 && values.length < 5; i++) {
        const requested = [T0, T1].map((partition) => ({ ...partition, offset: offsets.get(partition.partition) ?? 0, maxBytes: 1 }))
        for (const fetched of await fetcher.fetch(requested, { maxWaitMs: 0, maxBytes: 1 })) {
          for (const batch of fetched.batches) values.push(...recordsOf(batch).map(({ value }) => value))
          offsets.set(fetched.partition, fetched.nextOffset)
        }
      }
      expect(values.sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
      await fetcher.close()
    })

    it('waits for a commit and then returns at once', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const fetcher = broker.openFetcher()
      const fetched = fetcher.fetch([await end(T0), await end(T1)], { maxWaitMs: 600_000 })
      await producer.send('orders', 1, batchOf('new'))
      expect(await isDone(underTest(), fetched)).toBe(false)
      await producer.commit()
      expect((await fetched).flatMap(({ batches }) => batches.flatMap(recordsOf)).map(({ value }) => value)).toEqual(['new'])
      await fetcher.close()
    })

    it('returns nothing after maxWaitMs, and after a wake-up', async () => {
      const fetcher = broker.openFetcher()
      const waiting = fetcher.fetch([await end(T0)], { maxWaitMs: 100 })
      await underTest().advance(1_000)
      expect((await waiting).flatMap(({ batches }) => batches)).toEqual([])
      await expectWokenUp(fetcher)
      await fetcher.close()
    })

    it('rejects an offset outside of the log', async () => {
      const fetcher = broker.openFetcher()
      await expect(fetcher.fetch([{ ...T0, offset: 1_000 }], { maxWaitMs: 0 })).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'a', 'b')
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'c')
      await broker.admin.deleteRecords([{ ...T0, offset: 2 }])
      await expect(fetcher.fetch([{ ...T0, offset: 0 }], { maxWaitMs: 0 })).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      const [earliest] = await broker.admin.listOffsets([T0], 'earliest')
      expect(earliest?.offset).toBe(2)
      expect((await readAll(broker, T0, 2)).map(({ value }) => value)).toEqual(['c'])
      await fetcher.close()
    })

    it('rejects a topic that does not exist', async () => {
      const fetcher = broker.openFetcher()
      const nowhere = { topic: 'nowhere', partition: 0, offset: 0 }
      await expect(fetcher.fetch([nowhere], { maxWaitMs: 0 })).rejects.toBeInstanceOf(UnknownTopicError)
      await fetcher.close()
    })

    async function expectWokenUp(fetcher: Fetcher): Promise<void> {
      const waiting = fetcher.fetch([await end(T0)], { maxWaitMs: 600_000 })
      expect(await isDone(underTest(), waiting)).toBe(false)
      fetcher.wakeup()
      expect((await waiting).flatMap(({ batches }) => batches)).toEqual([])
    }
  })

  async function end(partition: TopicPartition): Promise<TopicPartition & { offset: number }> {
    const [latest] = await broker.admin.listOffsets([partition], 'latest')
    return { ...partition, offset: latest?.offset ?? 0 }
  }
}
