import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, TopicPartition } from '../broker.ts'
import { FatalBrokerError, FencedError, UnknownTopicError } from '../errors.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { isDone } from './is-done.ts'
import { outsider } from './outsider.ts'
import { batchOf, produce, readAll, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const T1: TopicPartition = { topic: 'orders', partition: 1 }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Readers see all records of a committed transaction, and none of any other. */
export function describeTransactions(underTest: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(() => {
    broker = underTest().broker
  })

  describe('transactions', () => {
    it('make committed records readable in the order they were sent, with ascending offsets', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, batchOf('a', 'b'))
      await producer.send('orders', 0, batchOf('c'))
      await producer.commit()
      await produce(producer, T0, 'd')
      const records = await readAll(broker, T0)
      expect(records.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd'])
      expect(records.every((record, i) => i === 0 || record.offset > (records[i - 1]?.offset ?? 0))).toBe(true)
    })

    it('hide their records before the commit, and forever if aborted', async () => {
      const [aborting, committing] = [
        await broker.openProducer({ transactionalId: 'p1' }),
        await broker.openProducer({ transactionalId: 'p2' }),
      ]
      await aborting.send('orders', 0, batchOf('aborted'))
      await committing.send('orders', 0, batchOf('committed'))
      await aborting.send('orders', 0, batchOf('aborted too'))
      expect(await valuesOf(broker, T0)).toEqual([])
      await aborting.abort()
      await committing.commit()
      await produce(aborting, T0, 'after')
      expect(await valuesOf(broker, T0)).toEqual(['committed', 'after'])
    })

    it('delay the stable end of a partition until they are committed or aborted', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const end = async (): Promise<number | undefined> => (await broker.admin.listOffsets([T0], 'stable'))[0]?.offset
      expect(await end()).toBe(0)
      for (const how of ['commit', 'abort'] as const) {
        await producer.send('orders', 0, batchOf('a'))
        const stableEnd = end()
        expect(await isDone(underTest(), stableEnd)).toBe(false)
        expect(await broker.admin.listOffsets([T1], 'stable')).toEqual([{ ...T1, offset: 0 }])
        await producer[how]()
        expect([await stableEnd]).toEqual((await broker.admin.listOffsets([T0], 'latest')).map(({ offset }) => offset))
      }
      expect(await valuesOf(broker, T0)).toEqual(['a'])
    })

    it('are listed by transactional id while they are open', async () => {
      const producers = await Promise.all(['p1', 'p2', 'p3'].map((transactionalId) => broker.openProducer({ transactionalId })))
      expect(await broker.admin.openTransactions()).toEqual([])
      await producers[0]?.send('orders', 0, batchOf('a'))
      await producers[1]?.sendOffsets(outsider('g'), [{ ...T0, offset: 1 }])
      expect((await broker.admin.openTransactions()).toSorted()).toEqual(['p1', 'p2'])
      await producers[0]?.commit()
      await broker.openProducer({ transactionalId: 'p2' })
      expect(await broker.admin.openTransactions()).toEqual([])
    })

    it('of several producers may overlap', async () => {
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
      'in groups of %d that overlap hide the aborted ones at every fetch offset, in whatever order they end',
      async (count) => {
        const ids = Array.from({ length: count }, (_, index) => `p${index}`)
        const producers = await Promise.all(ids.map((transactionalId) => broker.openProducer({ transactionalId })))
        const expected: string[] = []
        for (const ending of [producers, producers.toReversed()]) {
          for (const round of ['first', 'second'])
            for (const [index, producer] of producers.entries()) {
              await producer.send('orders', 0, batchOf(`${round} of ${index}`))
              if (index % 2 === 1) expected.push(`${round} of ${index}`)
            }
          for (const producer of ending) await (producers.indexOf(producer) % 2 === 1 ? producer.commit() : producer.abort())
        }
        const all = await readAll(broker, T0)
        expect(all.map(({ value }) => value).sort()).toEqual(expected.sort()) // a broker may append the records when their transaction ends
        const [end] = await broker.admin.listOffsets([T0], 'latest')
        for (let from = 0; from < (end?.offset ?? 0); from++)
          expect(await readAll(broker, T0, from)).toEqual(all.filter(({ offset }) => offset >= from))
      },
    )

    it('accept nothing after a failed send, and lose nothing of the next producer of the id', async () => {
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

    it('keep the order of batches for one partition that are sent without waiting', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const values = Array.from({ length: 20 }, (_, index) => `value ${index}`)
      await Promise.all(values.map((value) => producer.send('orders', 0, batchOf(value))))
      await producer.commit()
      expect(await valuesOf(broker, T0)).toEqual(values)
    })

    it('return the offset after the last record of each partition at commit', async () => {
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

    it('may be empty', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      expect(await producer.commit()).toEqual([])
      await producer.abort()
    })

    it('allow reusing the builder as soon as send has resolved', async () => {
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

    it('are aborted when their id is opened again, and the former producer is fenced', async () => {
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

    it('are visible completely or not at all if fenced during the commit', async () => {
      const old = await broker.openProducer({ transactionalId: 'p' })
      await old.send('orders', 0, batchOf('a'))
      await old.send('orders', 1, batchOf('b'))
      const [outcome] = await Promise.allSettled([old.commit(), broker.openProducer({ transactionalId: 'p' })])
      const seen = [(await valuesOf(broker, T0)).length, (await valuesOf(broker, T1)).length]
      expect(seen).toEqual(outcome?.status === 'fulfilled' ? [1, 1] : [0, 0])
    })

    it('are aborted after their time-out, and their producer is fenced', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p', transactionTimeoutMs: 5_000 })
      await producer.send('orders', 0, batchOf('late'))
      await underTest().advance(20_000)
      await expect(producer.commit()).rejects.toBeInstanceOf(FencedError)
      expect(await valuesOf(broker, T0)).toEqual([])
    })

    it.each([0, 901_000])('20.C15 of %i ms are refused, and the error names the bound', async (transactionTimeoutMs) => {
      const opening = broker.openProducer({ transactionalId: 'p', transactionTimeoutMs })
      await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
      await expect(opening).rejects.toThrow(/transactionTimeoutMs .*transaction\.max\.timeout\.ms/)
    })

    it('are not needed to append records', async () => {
      const producer = await broker.openProducer({})
      await producer.send('orders', 0, batchOf('a', 'b'))
      const committed = await producer.commit()
      const records = await readAll(broker, T0)
      expect(records.map(({ value }) => value)).toEqual(['a', 'b'])
      expect(committed).toEqual([{ ...T0, offset: (records[1]?.offset ?? 0) + 1 }])
    })

    it('reject a send to a topic or partition that does not exist', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await expect(producer.send('nowhere', 0, batchOf('x'))).rejects.toBeInstanceOf(UnknownTopicError)
      const other = await broker.openProducer({ transactionalId: 'q' })
      await expect(other.send('orders', 2, batchOf('x'))).rejects.toBeInstanceOf(UnknownTopicError)
    })
  })
}
