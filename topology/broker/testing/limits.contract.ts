import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, JoinRequest } from '../broker.ts'
import { FatalBrokerError, OffsetOutOfRangeError, RecordRefusedError, UnknownTopicError } from '../errors.ts'
import { createRecordBatchBuilder, sizeAlone, type RecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { batchOf, produce, valuesOf } from './records.ts'

const T0 = { topic: 'orders', partition: 0 }
/** After and before the clock of any broker under test. */
const YEAR_3000 = 32_503_680_000_000
const YEAR_1970 = 1_000
const KEY = Buffer.from('key')

function one(key: Uint8Array | null, value: Uint8Array | null, timestamp = YEAR_1970): RecordBatchBuilder {
  const builder = createRecordBatchBuilder()
  builder.append(key, value, timestamp)
  return builder
}

/** A batch of this size, which holds one record. */
function sized(bytes: number): RecordBatchBuilder {
  const value = Buffer.alloc(bytes - (sizeAlone(KEY, Buffer.alloc(bytes - 200)) - (bytes - 200)), 'x')
  const builder = one(KEY, value)
  expect(builder.sizeInBytes).toBe(bytes)
  return builder
}

/** Brokers refuse the same things for the same reasons, so that a test on one shows what another would refuse. */
export function describeLimits(underTest: () => BrokerUnderTest): void {
  describe('20.B8 the limits of', () => {
    let broker: Broker

    beforeEach(() => {
      broker = underTest().broker
    })

    async function refusal(topic: string, batch: RecordBatchBuilder, transactionalId?: string): Promise<unknown> {
      const producer = await broker.openProducer(transactionalId === undefined ? {} : { transactionalId })
      try {
        await producer.send(topic, 0, batch)
        await producer.commit()
      } catch (error) {
        return error
      } finally {
        await producer.close()
      }
      return undefined
    }

    it('a topic are described: the topic’s settings, or else the broker’s', async () => {
      const limits = async () => (await broker.admin.describeTopics(['orders']))[0]?.limits
      expect(await limits()).toMatchObject({ maxMessageBytes: 1_048_588, needsKeys: false, timestampAfterMaxMs: 3_600_000 })
      const config = { 'max.message.bytes': '9000', 'cleanup.policy': 'delete,compact', 'message.timestamp.before.max.ms': '5000' }
      await broker.admin.alterTopic('orders', config)
      expect(await limits()).toMatchObject({ maxMessageBytes: 9_000, needsKeys: true, timestampBeforeMaxMs: 5_000 })
      await broker.admin.alterTopic('orders', { 'message.timestamp.type': 'LogAppendTime' })
      expect(await limits()).toMatchObject({ timestampBeforeMaxMs: Infinity, timestampAfterMaxMs: Infinity })
    })

    it.each([
      ['by default', 1_048_588, undefined],
      ['lowered', 5_000, '5000'],
      ['raised', 3_000_000, '3000000'],
    ])('a batch are max.message.bytes, %s, to the byte', async (_, maxBytes, setting) => {
      if (setting !== undefined) await broker.admin.alterTopic('orders', { 'max.message.bytes': setting })
      expect(await refusal('orders', sized(maxBytes), 'p')).toBeUndefined()
      const error = await refusal('orders', sized(maxBytes + 1), 'p')
      expect(error).toBeInstanceOf(RecordRefusedError)
      expect(String(error)).toContain('orders')
      expect(await refusal('orders', sized(maxBytes + 1))).toBeInstanceOf(RecordRefusedError)
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'after')
      expect((await valuesOf(broker, T0)).map((value) => value?.length)).toEqual([expect.any(Number), 5])
    })

    it('a compacted topic: it takes no record without a key', async () => {
      await broker.admin.createTopics([{ name: 'table', partitions: 1, config: { 'cleanup.policy': 'compact' } }])
      for (const id of ['p', undefined]) expect(await refusal('table', one(null, KEY), id)).toBeInstanceOf(RecordRefusedError)
      expect(await refusal('table', one(new Uint8Array(0), KEY), 'p')).toBeUndefined()
      expect(await refusal('table', one(KEY, null), 'p')).toBeUndefined()
      expect(await refusal('orders', one(null, KEY), 'p')).toBeUndefined()
    })

    it('a timestamp: at most an hour after the broker’s clock by default, any time before it', async () => {
      for (const id of ['p', undefined]) expect(await refusal('orders', one(KEY, KEY, YEAR_3000), id)).toBeInstanceOf(RecordRefusedError)
      expect(await refusal('orders', one(KEY, KEY, YEAR_1970), 'p')).toBeUndefined()
      await broker.admin.alterTopic('orders', { 'message.timestamp.before.max.ms': '1000' })
      expect(await refusal('orders', one(KEY, KEY, YEAR_1970), 'p')).toBeInstanceOf(RecordRefusedError)
    })

    it('a timestamp do not hold where the topic lifts them, or the broker sets the time', async () => {
      const config = { 'retention.ms': '-1' }
      await broker.admin.createTopics([
        { name: 'lifted', partitions: 1, config: { ...config, 'message.timestamp.after.max.ms': String(2n ** 63n - 1n) } },
        { name: 'stamped', partitions: 1, config: { ...config, 'message.timestamp.type': 'LogAppendTime' } },
      ])
      for (const topic of ['lifted', 'stamped']) expect(await refusal(topic, one(KEY, KEY, YEAR_3000), 'p')).toBeUndefined()
    })

    it.each(['a b', 'ä', 'a/b', 'a'.repeat(250)])('topic names: %s cannot be created, described or written to', async (name) => {
      await expect(broker.admin.createTopics([{ name, partitions: 1 }])).rejects.toBeInstanceOf(FatalBrokerError)
      expect(await broker.admin.describeTopics([name, 'orders'])).toHaveLength(1)
      expect(await refusal(name, batchOf('x'), 'p')).toBeInstanceOf(UnknownTopicError)
    })

    it('topic names: two do not differ in dots and underscores only', async () => {
      await broker.admin.createTopics([{ name: 'a.b_c', partitions: 1 }])
      await expect(broker.admin.createTopics([{ name: 'a_b.c', partitions: 1 }])).rejects.toBeInstanceOf(FatalBrokerError)
      await broker.admin.createTopics(['a.b_c', 'a-b_c', 'a'.repeat(200)].map((name) => ({ name, partitions: 1 })))
    })

    it.each([
      ['cleanup', 'compact'],
      ['retention.minutes', '5'],
      ['cleanup.policy', 'compress'],
      ['retention.ms', '-2'],
      ['retention.ms', 'long'],
      ['retention.ms', '1.5'],
      ['max.message.bytes', '3000000000'],
      ['max.message.bytes', ''],
      ['message.timestamp.type', 'createTime'],
      ['min.insync.replicas', '0'],
      ['min.cleanable.dirty.ratio', '1.1'],
      ['preallocate', 'yes'],
      ['compression.type', 'brotli'],
    ])('topic settings: %s=%s is refused, at creation and later', async (name, value) => {
      const config = { [name]: value }
      await expect(broker.admin.createTopics([{ name: 'odd', partitions: 1, config }])).rejects.toBeInstanceOf(FatalBrokerError)
      expect(await broker.admin.describeTopics(['odd'])).toEqual([])
      const before = await broker.admin.describeTopics(['orders'])
      await expect(broker.admin.alterTopic('orders', config)).rejects.toBeInstanceOf(FatalBrokerError)
      expect(await broker.admin.describeTopics(['orders'])).toEqual(before)
    })

    it('a transaction timeout: at most 15 minutes', async () => {
      await broker.openProducer({ transactionalId: 'p', transactionTimeoutMs: 900_000 })
      for (const transactionTimeoutMs of [900_001, 0])
        await expect(broker.openProducer({ transactionalId: 'p', transactionTimeoutMs })).rejects.toBeInstanceOf(FatalBrokerError)
    })

    it('a session timeout: at most 30 minutes', async () => {
      const request = (sessionTimeoutMs: number): JoinRequest => ({
        groupId: 'g',
        memberId: '',
        protocol: { type: 'test', name: 'plain' },
        metadata: KEY,
        sessionTimeoutMs,
        rebalanceTimeoutMs: 10_000,
      })
      for (const sessionTimeoutMs of [1_800_001, -1])
        await expect(broker.groups.join(request(sessionTimeoutMs))).rejects.toBeInstanceOf(FatalBrokerError)
      expect((await broker.groups.join(request(1_800_000))).generation).toBe(1)
    })

    it('a log: nothing is deleted or fetched beyond its end', async () => {
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'a', 'b')
      const [end] = await broker.admin.listOffsets([T0], 'latest')
      const beyond = { ...T0, offset: (end?.offset ?? 0) + 1 }
      await expect(broker.admin.deleteRecords([beyond])).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      await expect(broker.openFetcher().fetch([beyond], { maxWaitMs: 1_000 })).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      expect(await valuesOf(broker, T0)).toEqual(['a', 'b'])
      await broker.admin.deleteRecords([{ ...T0, offset: end?.offset ?? 0 }])
      expect(await valuesOf(broker, T0).catch(() => [])).toEqual([])
    })
  })
}
