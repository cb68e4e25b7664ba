import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Broker, Fetcher, GroupMember, JoinAnswer, JoinRequest, TopicPartition } from '../broker.ts'
import {
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  RebalanceInProgressError,
  UnknownMemberError,
  UnknownTopicError,
} from '../errors.ts'
import { createRecordBatchBuilder } from '../record-batch/batch-builder.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { describeCompaction } from './compaction.contract.ts'
import { describeFencing } from './fencing.contract.ts'
import { batchOf, produce, readAll, recordsOf, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const T1: TopicPartition = { topic: 'orders', partition: 1 }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** What every adapter and every decorator of the seam must do. Nothing in here knows which one it is. */
export function describeBrokerContract(name: string, open: () => Promise<BrokerUnderTest>): void {
  describe(`the broker contract on ${name}`, () => {
    let under: BrokerUnderTest
    let broker: Broker

    beforeEach(async () => {
      under = await open()
      broker = under.broker
      await broker.admin.createTopics([{ name: 'orders', partitions: 2, config: { 'retention.ms': '-1' } }]) // the records here are old
    })
    afterEach(() => under.close())

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
        await under.advance(20_000)
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

      it('with a key of four zero bytes are records like any other', async () => {
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

      it('of a megabyte and batches of many come through whole', async () => {
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
      it('begins at any offset and says where to go on', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        await produce(producer, T0, 'a', 'b', 'c')
        await produce(producer, T0, 'd')
        const all = await readAll(broker, T0)
        for (const { offset } of all) expect(await readAll(broker, T0, offset)).toEqual(all.filter((record) => record.offset >= offset))
        const [fetched] = await broker.openFetcher().fetch([{ ...T0, offset: 0 }], { maxWaitMs: 0 })
        expect(fetched?.nextOffset).toBeGreaterThan(fetched?.batches.flatMap(recordsOf).at(-1)?.offset ?? Infinity)
        expect(fetched?.lastStableOffset).toBeGreaterThan(all.at(-1)?.offset ?? 0)
      })

      it('hands over at least one batch, however small the bounds, and loses none', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        for (let i = 0; i < 5; i++) await produce(producer, i % 2 === 0 ? T0 : T1, `v${i}`)
        const fetcher = broker.openFetcher()
        const offsets = new Map([T0, T1].map((partition) => [partition.partition, 0]))
        const values: (string | null)[] = []
        for (let i = 0; i < 20 && values.length < 5; i++) {
          const asked = [T0, T1].map((partition) => ({ ...partition, offset: offsets.get(partition.partition) ?? 0, maxBytes: 1 }))
          for (const fetched of await fetcher.fetch(asked, { maxWaitMs: 0, maxBytes: 1 })) {
            for (const batch of fetched.batches) values.push(...recordsOf(batch).map(({ value }) => value))
            offsets.set(fetched.partition, fetched.nextOffset)
          }
        }
        expect(values.sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
        await fetcher.close()
      })

      it('waits for a commit and then answers at once', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        const fetcher = broker.openFetcher()
        const fetched = fetcher.fetch([await end(T0), await end(T1)], { maxWaitMs: 600_000 })
        await producer.send('orders', 1, batchOf('new'))
        expect(await settledWithin(fetched)).toBe(false)
        await producer.commit()
        expect((await fetched).flatMap(({ batches }) => batches.flatMap(recordsOf)).map(({ value }) => value)).toEqual(['new'])
        await fetcher.close()
      })

      it('answers with nothing when the wait is over, and when it is woken up', async () => {
        const fetcher = broker.openFetcher()
        const waiting = fetcher.fetch([await end(T0)], { maxWaitMs: 100 })
        await under.advance(1_000)
        expect((await waiting).flatMap(({ batches }) => batches)).toEqual([])
        await expectWokenUp(fetcher)
        await fetcher.close()
      })

      it('refuses an offset outside of the log', async () => {
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

      it('refuses a topic that is not there', async () => {
        const fetcher = broker.openFetcher()
        const nowhere = { topic: 'nowhere', partition: 0, offset: 0 }
        await expect(fetcher.fetch([nowhere], { maxWaitMs: 0 })).rejects.toBeInstanceOf(UnknownTopicError)
        await fetcher.close()
      })

      async function expectWokenUp(fetcher: Fetcher): Promise<void> {
        const waiting = fetcher.fetch([await end(T0)], { maxWaitMs: 600_000 })
        expect(await settledWithin(waiting)).toBe(false)
        fetcher.wakeup()
        expect((await waiting).flatMap(({ batches }) => batches)).toEqual([])
      }
    })

    describe('committed offsets', () => {
      it('are stored with the records or not at all', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        await producer.send('orders', 0, batchOf('a'))
        await producer.sendOffsets(outsider('g'), [{ ...T1, offset: 7 }])
        await producer.commit()
        await producer.send('orders', 0, batchOf('b'))
        await producer.sendOffsets(outsider('g'), [{ ...T1, offset: 8 }])
        await producer.abort()
        expect(await broker.groups.committedOffsets('g', [T0, T1])).toEqual([{ ...T1, offset: 7 }])
        expect(await valuesOf(broker, T0)).toEqual(['a'])
      })

      it('are told only once no transaction with a say in them is pending', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
        const asked = broker.groups.committedOffsets('g', [T0])
        expect(await broker.groups.committedOffsets('g', [T1])).toEqual([])
        expect(await settledWithin(asked)).toBe(false)
        await producer.commit()
        expect(await asked).toEqual([{ ...T0, offset: 3 }])
      })

      it('are settled by opening the transactional id that holds them up', async () => {
        const old = await broker.openProducer({ transactionalId: 'p' })
        await old.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
        await broker.openProducer({ transactionalId: 'p' })
        expect(await broker.groups.committedOffsets('g', [T0])).toEqual([])
      })

      it('can be set from outside while nobody is in the group', async () => {
        await broker.admin.alterOffsets('g', [{ ...T0, offset: 4 }])
        expect(await broker.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 4 }])
        await broker.groups.join(joinRequest())
        await expect(broker.admin.alterOffsets('g', [{ ...T0, offset: 5 }])).rejects.toBeInstanceOf(FatalBrokerError)
      })
    })

    describe('groups', () => {
      it('have one leader, who is told of everybody and hands out the assignment', async () => {
        const { leader, follower } = await twoMembers()
        expect(leader.members.map(({ metadata }) => Buffer.from(metadata).toString()).sort()).toEqual(['m1', 'm2'])
        expect(follower.members).toEqual([])
        expect(leader.generation).toBe(follower.generation)
        expect(follower.leaderId).toBe(leader.memberId)
        const own = await assign(leader, follower)
        expect(own.map(text)).toEqual(['for leader', 'for follower'])
        expect(text(await broker.groups.sync({ ...member(follower), assignments: new Map() }))).toBe('for follower')
      })

      it('tell their members by heartbeat that they gather again', async () => {
        const first = await broker.groups.join(joinRequest())
        await broker.groups.sync({ ...member(first), assignments: new Map() })
        await broker.groups.heartbeat(member(first))
        const joining = broker.groups.join(joinRequest({ metadata: bytes('m2') }))
        expect(await settledWithin(joining)).toBe(false)
        await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(RebalanceInProgressError)
        await expect(broker.groups.sync({ ...member(first), assignments: new Map() })).rejects.toBeInstanceOf(RebalanceInProgressError)
        const again = await broker.groups.join(joinRequest({ memberId: first.memberId }))
        expect((await joining).generation).toBe(again.generation)
        expect(again.generation).toBeGreaterThan(first.generation)
      })

      it('refuse an old generation as fenced and a stranger as unknown, in every call', async () => {
        const { leader, follower } = await twoMembers()
        await assign(leader, follower)
        const producer = await broker.openProducer({ transactionalId: 'p' })
        const offsets = [{ ...T0, offset: 1 }]
        const old = { ...member(leader), generation: leader.generation - 1 }
        const stranger = { ...member(leader), memberId: 'nobody' }
        await expect(broker.groups.heartbeat(old)).rejects.toBeInstanceOf(FencedError)
        await expect(broker.groups.sync({ ...old, assignments: new Map() })).rejects.toBeInstanceOf(FencedError)
        await expect(producer.sendOffsets(old, offsets)).rejects.toBeInstanceOf(FencedError)
        await expect(broker.groups.heartbeat(stranger)).rejects.toBeInstanceOf(UnknownMemberError)
        await expect(broker.groups.sync({ ...stranger, assignments: new Map() })).rejects.toBeInstanceOf(UnknownMemberError)
        await expect(broker.groups.join(joinRequest({ memberId: 'nobody' }))).rejects.toBeInstanceOf(UnknownMemberError)
        const other = await broker.openProducer({ transactionalId: 'q' })
        await expect(other.sendOffsets(stranger, offsets)).rejects.toBeInstanceOf(UnknownMemberError)
        const third = await broker.openProducer({ transactionalId: 'r' })
        await third.sendOffsets(member(follower), offsets)
        await third.commit()
        expect(await broker.groups.committedOffsets('g', [T0])).toEqual(offsets)
      })

      it('go on without a member that has left', async () => {
        const { leader, follower } = await twoMembers()
        await assign(leader, follower)
        await broker.groups.leave('g', leader.memberId)
        await expect(broker.groups.heartbeat(member(follower))).rejects.toBeInstanceOf(RebalanceInProgressError)
        const alone = await broker.groups.join(joinRequest({ memberId: follower.memberId }))
        expect(alone.leaderId).toBe(follower.memberId)
        expect(alone.members.length).toBe(1)
        await expect(broker.groups.heartbeat(member(leader))).rejects.toBeInstanceOf(UnknownMemberError)
      })

      it('put out a member whose session is over, and only that one', async () => {
        const { leader, follower } = await twoMembers()
        await assign(leader, follower)
        for (let i = 0; i < 6; i++) {
          await under.advance(1_500)
          await broker.groups.heartbeat(member(follower)).catch((error: unknown) => {
            if (!(error instanceof RebalanceInProgressError)) throw error
          })
        }
        await expect(broker.groups.heartbeat(member(leader))).rejects.toBeInstanceOf(UnknownMemberError)
        const alone = await broker.groups.join(joinRequest({ memberId: follower.memberId }))
        expect(alone.members.length).toBe(1)
      })

      it('do not wait longer than the rebalance time-out for a member that heartbeats but does not join', async () => {
        const first = await broker.groups.join(joinRequest())
        await broker.groups.sync({ ...member(first), assignments: new Map() })
        const joining = broker.groups.join(joinRequest({ metadata: bytes('m2') }))
        for (let i = 0; i < 8; i++) {
          await under.advance(1_500)
          await broker.groups.heartbeat(member(first)).catch(() => undefined)
        }
        expect((await joining).members.length).toBe(1)
        await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(UnknownMemberError)
      })

      it('give a static member its place back without a rebalance, and fence its former self', async () => {
        const first = await broker.groups.join(joinRequest({ instanceId: 'i1' }))
        await broker.groups.sync({ ...member(first), assignments: new Map([[first.memberId, bytes('mine')]]) })
        const back = await broker.groups.join(joinRequest({ instanceId: 'i1', metadata: bytes('new') }))
        expect(back.generation).toBe(first.generation)
        expect(back.memberId).not.toBe(first.memberId)
        expect(text(await broker.groups.sync({ ...member(back), assignments: new Map() }))).toBe('mine')
        await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(FencedError)
        const producer = await broker.openProducer({ transactionalId: 'p' })
        await expect(producer.sendOffsets(member(first), [{ ...T0, offset: 1 }])).rejects.toBeInstanceOf(FencedError)
      })

      it('tell somebody outside what each member was assigned, once all have joined', async () => {
        expect(await broker.groups.assignments('nobody')).toEqual(new Map())
        const { leader, follower } = await twoMembers()
        expect(await broker.groups.assignments('g')).toBeUndefined()
        await assign(leader, follower)
        const assigned = await broker.groups.assignments('g')
        expect([...(assigned?.keys() ?? [])].sort()).toEqual([leader.memberId, follower.memberId].sort())
        expect(text(assigned?.get(follower.memberId) ?? bytes('none'))).toBe('for follower')
      })

      it('gather three members that come at once', async () => {
        const joins = [1, 2, 3].map((number) => stayJoined(`m${number}`))
        const answers = await Promise.all(joins)
        expect(new Set(answers.map(({ generation }) => generation)).size).toBe(1)
        expect(answers.filter(({ leaderId, memberId }) => leaderId === memberId).length).toBe(1)
      })
    })

    describeFencing(() => under)

    describeCompaction(() => under)

    describe('topics', () => {
      it('are created once, described with their settings, and left alone when they exist', async () => {
        await broker.admin.createTopics([{ name: 'views', partitions: 3, config: { 'cleanup.policy': 'compact' } }])
        expect(await broker.admin.brokerCount()).toBe(1)
        const [created] = await broker.admin.describeTopics(['views'])
        expect(created).toMatchObject({ name: 'views', partitions: 3 })
        expect(created?.config['cleanup.policy']).toBe('compact')
        await broker.admin.createTopics([{ name: 'views', partitions: 5 }])
        expect(await broker.admin.describeTopics(['views'])).toEqual([created])
        expect((await broker.admin.describeTopics()).map(({ name: topic }) => topic).sort()).toEqual(['orders', 'views'])
      })

      it('that do not exist are left out of a description', async () => {
        expect(await broker.admin.describeTopics(['nowhere'])).toEqual([])
      })

      it('can be altered and get more partitions, not fewer', async () => {
        await broker.admin.alterTopic('orders', { 'retention.ms': '1000' })
        await broker.admin.createPartitions('orders', 4)
        const [described] = await broker.admin.describeTopics(['orders'])
        expect(described?.config['retention.ms']).toBe('1000')
        expect(described?.partitions).toBe(4)
        await broker.admin.createPartitions('orders', 4)
        await expect(broker.admin.createPartitions('orders', 3)).rejects.toBeInstanceOf(FatalBrokerError)
        await expect(broker.admin.createPartitions('nowhere', 3)).rejects.toBeInstanceOf(UnknownTopicError)
        await produce(await broker.openProducer({ transactionalId: 'p' }), { topic: 'orders', partition: 3 }, 'x')
        await expect(broker.admin.alterTopic('nowhere', {})).rejects.toBeInstanceOf(UnknownTopicError)
      })

      it('have another id and nothing of their former records and offsets when created again', async () => {
        const [before] = await broker.admin.describeTopics(['orders'])
        await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'old')
        await broker.admin.alterOffsets('g', [{ ...T0, offset: 1 }])
        await broker.admin.deleteTopics(['orders', 'nowhere'])
        expect(await broker.admin.describeTopics(['orders'])).toEqual([])
        await broker.admin.createTopics([{ name: 'orders', partitions: 2 }])
        const [after] = await broker.admin.describeTopics(['orders'])
        expect(after?.topicId).not.toBe(before?.topicId)
        expect(await valuesOf(broker, T0)).toEqual([])
        expect(await broker.groups.committedOffsets('g', [T0])).toEqual([])
      })

      it('tell their offsets: earliest, latest, and by timestamp', async () => {
        const producer = await broker.openProducer({ transactionalId: 'p' })
        expect((await broker.admin.listOffsets([T0], 'latest'))[0]?.offset).toBe(0)
        await produce(producer, T0, 'at 1000', 'at 1001', 'at 1002')
        const records = await readAll(broker, T0)
        const at = async (timestampMs: number): Promise<number | undefined> =>
          (await broker.admin.listOffsets([T0], { timestampMs }))[0]?.offset
        expect(await at(0)).toBe(records[0]?.offset)
        expect(await at(1001)).toBe(records[1]?.offset)
        expect((await broker.admin.listOffsets([T0], 'earliest'))[0]?.offset).toBe(0)
        const latest = (await broker.admin.listOffsets([T0], 'latest'))[0]?.offset ?? 0
        expect(latest).toBeGreaterThan(records.at(-1)?.offset ?? 0)
        const afterAll = (await at(5000)) ?? 0 // where the transaction's marker is, or behind it
        expect(afterAll).toBeGreaterThan(records.at(-1)?.offset ?? 0)
        expect(afterAll).toBeLessThanOrEqual(latest)
        await expect(broker.admin.listOffsets([{ topic: 'nowhere', partition: 0 }], 'latest')).rejects.toBeInstanceOf(UnknownTopicError)
      })
    })

    async function end(partition: TopicPartition): Promise<TopicPartition & { offset: number }> {
      const [latest] = await broker.admin.listOffsets([partition], 'latest')
      return { ...partition, offset: latest?.offset ?? 0 }
    }

    /** Whether a promise settles while the broker has every chance to work. */
    async function settledWithin(promise: Promise<unknown>): Promise<boolean> {
      let settled = false
      promise.then(
        () => (settled = true),
        () => (settled = true),
      )
      await under.advance(0)
      return settled
    }

    async function twoMembers(): Promise<{ leader: JoinAnswer; follower: JoinAnswer }> {
      const answers = await Promise.all([stayJoined('m1'), stayJoined('m2')])
      const leader = answers.find(({ leaderId, memberId }) => leaderId === memberId)
      const follower = answers.find((answer) => answer !== leader)
      if (leader === undefined || follower === undefined) throw new Error('the group has no leader')
      return { leader, follower }
    }

    /** Joins until this member and all others are in one generation, as a client's loop does. */
    async function stayJoined(metadata: string): Promise<JoinAnswer> {
      let answer = await broker.groups.join(joinRequest({ metadata: bytes(metadata) }))
      for (;;) {
        await under.advance(10)
        try {
          await broker.groups.heartbeat(member(answer))
          return answer
        } catch (error) {
          if (!(error instanceof RebalanceInProgressError || error instanceof FencedError)) throw error
          answer = await broker.groups.join(joinRequest({ memberId: answer.memberId, metadata: bytes(metadata) }))
        }
      }
    }

    function assign(leader: JoinAnswer, follower: JoinAnswer): Promise<Uint8Array[]> {
      const assignments = new Map([
        [leader.memberId, bytes('for leader')],
        [follower.memberId, bytes('for follower')],
      ])
      return Promise.all([
        broker.groups.sync({ ...member(leader), assignments }),
        broker.groups.sync({ ...member(follower), assignments: new Map() }),
      ])
    }
  })
}

function joinRequest(change: Partial<JoinRequest> = {}): JoinRequest {
  return { groupId: 'g', memberId: '', metadata: bytes('m1'), sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, ...change }
}

function member({ memberId, generation }: JoinAnswer): GroupMember {
  return { groupId: 'g', memberId, generation }
}

/** Stores offsets without being in the group, which Kafka allows while nobody is. */
function outsider(groupId: string): GroupMember {
  return { groupId, memberId: '', generation: -1 }
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8')
}
