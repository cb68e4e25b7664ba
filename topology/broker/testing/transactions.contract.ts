import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, TopicPartition } from '../broker.ts'
import { FencedError, UnknownTopicError } from '../errors.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { hasSettled } from './has-settled.ts'
import { outsider } from './outsider.ts'
import { batchOf, produce, readAll, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const T1: TopicPartition = { topic: 'orders', partition: 1 }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** What is committed is there, what is not is not, whoever holds the id. */
export function describeTransactions(under: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(() => {
    broker = under().broker
  })

  describe('transactions', () => {
    it('hands over committed records in the order they were sent, with ascending offsets', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, batchOf('a', 'b'))
      await producer.send('orders', 0, batchOf('c'))
      await producer.commit()
      await produce(producer, T0, 'd')
      const records = await readAll(broker, T0)
      expect(records.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'])
      expect(records.every((record, i) => i === 0 || record.offset > (records[i - 1]?.offset ?? 0))).toBe(true)
    })

    it('hands over nothing of a transaction before its commit, and nothing ever of an aborted one', async () => {
      const [one, two] = [await broker.openProducer({ transactionalId: 'p1' }), await broker.openProducer({ transactionalId: 'p2' })]
      await one.send('orders', 0, batchOf('aborted'))
      await two.send('orders', 0, batchOf('committed'))
      await one.send('orders', 0, batchOf('aborted too'))
      expect(await valuesOf(broker, T0)).toEqual([])
      await one.abort()
      await two.commit()
      await produce(one, T0, 'after')
      expect(await valuesOf(broker, T0)).toEqual(['committed', 'after'])
    })

    it('tells where a partition ends once no transaction is open in it, however it ends', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const end = async (): Promise<number | undefined> => (await broker.admin.listOffsets([T0], 'stable'))[0]?.offset
      expect(await end()).toBe(0)
      for (const how of ['commit', 'abort'] as const) {
        await producer.send('orders', 0, batchOf('a'))
        const asked = end()
        expect(await hasSettled(under(), asked)).toBe(false)
        expect(await broker.admin.listOffsets([T1], 'stable')).toEqual([{ ...T1, offset: 0 }])
        await producer[how]()
        expect([await asked]).toEqual((await broker.admin.listOffsets([T0], 'latest')).map(({ offset }) => offset))
      }
      expect(await valuesOf(broker, T0)).toEqual(['a'])
    })

    it('tells whose transactions are open, and that they are not any more', async () => {
      const producers = await Promise.all(['p1', 'p2', 'p3'].map((transactionalId) => broker.openProducer({ transactionalId })))
      expect(await broker.admin.openTransactions()).toEqual([])
      await producers[0]?.send('orders', 0, batchOf('a'))
      await producers[1]?.sendOffsets(outsider('g'), [{ ...T0, offset: 1 }])
      expect((await broker.admin.openTransactions()).toSorted()).toEqual(['p1', 'p2'])
      await producers[0]?.commit()
      await broker.openProducer({ transactionalId: 'p2' })
      expect(await broker.admin.openTransactions()).toEqual([])
    })

    it('keeps overlapping transactions of several producers apart', async () => {
      const producers = await Promise.all(['p1', 'p2', 'p3'].map((transactionalId) => broker.openProducer({ transactionalId })))
      for (let round = 0; round < 3; round++) {
        for (const [i, producer] of producers.entries()) await producer.send('orders', round % 2, batchOf(`${round}-${i}`))
        await producers[round]?.abort()
        for (const [i, producer] of producers.entries()) if (i !== round) await producer.commit()
      }
      const values = [...(await valuesOf(broker, T0)), ...(await valuesOf(broker, T1))]
      expect(values.sort()).toEqual(['0-1', '0-2', '1-0', '1-2', '2-0', '2-1'])
    })

    it.each([2, 4, 8])(
      'hides the aborted ones of %d that overlap, from wherever it is read and in whatever order they end',
      async (count) => {
        const ids = Array.from({ length: count }, (_, index) => `p${index}`)
        const producers = await Promise.all(ids.map((transactionalId) => broker.openProducer({ transactionalId })))
        const expected: string[] = []
        for (const ending of [producers, producers.toReversed()]) {
          for (const turn of ['first', 'second'])
            for (const [index, producer] of producers.entries()) {
              await producer.send('orders', 0, batchOf(`${turn} of ${index}`))
              if (index % 2 === 1) expected.push(`${turn} of ${index}`)
            }
          for (const producer of ending) await (producers.indexOf(producer) % 2 === 1 ? producer.commit() : producer.abort())
        }
        const all = await readAll(broker, T0)
        expect(all.map(({ value }) => value).sort()).toEqual(expected.sort()) // a broker may write them down when they end
        const [end] = await broker.admin.listOffsets([T0], 'latest')
        for (let from = 0; from < (end?.offset ?? 0); from++)
          expect(await readAll(broker, T0, from)).toEqual(all.filter(({ offset }) => offset >= from))
      },
    )

    it('takes nothing more from a producer after a send that failed, and loses nothing of the next one of its id', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await produce(producer, T0, 'before')
      await producer.send('orders', 0, batchOf('lost'))
      await expect(producer.send('nowhere', 0, batchOf('x'))).rejects.toBeInstanceOf(UnknownTopicError)
      await expect(producer.send('orders', 0, batchOf('too late'))).rejects.toBeInstanceOf(UnknownTopicError)
      await expect(producer.sendOffsets(outsider('g'), [{ ...T0, offset: 1 }])).rejects.toBeInstanceOf(UnknownTopicError)
      await expect(producer.commit()).rejects.toBeInstanceOf(UnknownTopicError)
      await producer.close()
      const next = await broker.openProducer({ transactionalId: 'p' })
      for (const value of ['a', 'b', 'c']) await produce(next, T0, value)
      expect(await valuesOf(broker, T0)).toEqual(['before', 'a', 'b', 'c'])
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([])
    })

    it('keeps the order of batches for one partition that are sent without waiting', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const values = Array.from({ length: 20 }, (_, index) => `value ${index}`)
      await Promise.all(values.map((value) => producer.send('orders', 0, batchOf(value))))
      await producer.commit()
      expect(await valuesOf(broker, T0)).toEqual(values)
    })

    it('answers a commit with the offset behind the last record of each partition', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await produce(producer, T0, 'earlier')
      await producer.send('orders', 0, batchOf('a', 'b', 'c'))
      await producer.send('orders', 1, batchOf('d'))
      const committed = await producer.commit()
      for (const partition of [T0, T1]) {
        const last = (await readAll(broker, partition)).at(-1)
        const answered = committed.find(({ partition: number }) => number === partition.partition)
        expect(answered?.offset).toBe((last?.offset ?? -1) + 1)
      }
    })

    it('commits an empty transaction', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      expect(await producer.commit()).toEqual([])
      await producer.abort()
    })

    it('lets the builder be used again as soon as send has resolved', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const builder = createRecordBatchBuilder()
      for (const value of ['a', 'b', 'c']) {
        builder.reset()
        builder.append(null, bytes(value), 1)
        await producer.send('orders', 0, builder)
      }
      builder.reset()
      await producer.commit()
      expect(await valuesOf(broker, T0)).toEqual(['a', 'b', 'c'])
    })

    it('drops the open transaction of a holder when its id is opened again, and refuses the holder everything', async () => {
      const old = await broker.openProducer({ transactionalId: 'p' })
      await old.send('orders', 0, batchOf('lost'))
      const holder = await broker.openProducer({ transactionalId: 'p' })
      await expect(old.send('orders', 0, batchOf('x'))).rejects.toBeInstanceOf(FencedError)
      await expect(old.sendOffsets(outsider('g'), [{ ...T0, offset: 1 }])).rejects.toBeInstanceOf(FencedError)
      await expect(old.commit()).rejects.toBeInstanceOf(FencedError)
      await produce(holder, T0, 'kept')
      await old.close()
      expect(await valuesOf(broker, T0)).toEqual(['kept'])
    })

    it('shows either all or nothing of a transaction that is fenced while it commits', async () => {
      const old = await broker.openProducer({ transactionalId: 'p' })
      await old.send('orders', 0, batchOf('a'))
      await old.send('orders', 1, batchOf('b'))
      const [outcome] = await Promise.allSettled([old.commit(), broker.openProducer({ transactionalId: 'p' })])
      const seen = [(await valuesOf(broker, T0)).length, (await valuesOf(broker, T1)).length]
      expect(seen).toEqual(outcome?.status === 'fulfilled' ? [1, 1] : [0, 0])
    })

    it('aborts a transaction that takes longer than its time-out and fences its producer', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p', transactionTimeoutMs: 5_000 })
      await producer.send('orders', 0, batchOf('late'))
      await under().advance(20_000)
      await expect(producer.commit()).rejects.toBeInstanceOf(FencedError)
      expect(await valuesOf(broker, T0)).toEqual([])
    })

    it('appends without a transactional id too', async () => {
      const producer = await broker.openProducer({})
      await producer.send('orders', 0, batchOf('a', 'b'))
      const committed = await producer.commit()
      const records = await readAll(broker, T0)
      expect(records.map(({ value }) => value)).toEqual(['a', 'b'])
      expect(committed).toEqual([{ ...T0, offset: (records[1]?.offset ?? 0) + 1 }])
    })

    it('refuses to send to a topic or partition that is not there', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await expect(producer.send('nowhere', 0, batchOf('x'))).rejects.toBeInstanceOf(UnknownTopicError)
      const other = await broker.openProducer({ transactionalId: 'q' })
      await expect(other.send('orders', 2, batchOf('x'))).rejects.toBeInstanceOf(UnknownTopicError)
    })
  })
}
