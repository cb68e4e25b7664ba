import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, TopicPartition } from '../broker.ts'
import { FatalBrokerError, UnknownTopicError } from '../errors.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { produce, readAll, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }

/** What the admin part of the seam does. */
export function describeTopics(underTest: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(() => {
    broker = underTest().broker
  })

  describe('topics', () => {
    it('are created once, described with their settings, and not changed if they exist', async () => {
      await broker.admin.createTopics([{ name: 'views', partitions: 3, config: { 'cleanup.policy': 'compact' } }])
      expect(await broker.admin.brokerCount()).toBe(1)
      const [created] = await broker.admin.describeTopics(['views'])
      expect(created).toMatchObject({ name: 'views', partitions: 3 })
      expect(created?.config['cleanup.policy']).toBe('compact')
      await broker.admin.createTopics([{ name: 'views', partitions: 5 }])
      expect(await broker.admin.describeTopics(['views'])).toEqual([created])
      expect((await broker.admin.describeTopics()).map(({ name: topic }) => topic).sort()).toEqual(['orders', 'views'])
    })

    it('that do not exist are missing from a description', async () => {
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

    it('that are recreated have another id and none of the former records and offsets', async () => {
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

    it('20.C10 that are recreated are not fetched by the id of the former topic, however full they are', async () => {
      const [before] = await broker.admin.describeTopics(['orders'])
      const fetcher = broker.openFetcher()
      const fetch = (offset: number, topicId: string | undefined) => fetcher.fetch([{ ...T0, offset, topicId }], { maxWaitMs: 0 })
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'old')
      expect(await fetch(0, before?.topicId)).toHaveLength(1)
      await broker.admin.deleteTopics(['orders'])
      await broker.admin.createTopics([{ name: 'orders', partitions: 2, config: { 'retention.ms': '-1' } }])
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'new', 'new', 'new')
      await expect(fetch(1, before?.topicId)).rejects.toBeInstanceOf(UnknownTopicError)
      const [after] = await broker.admin.describeTopics(['orders'])
      expect(await fetch(0, after?.topicId)).toHaveLength(1)
      expect(await fetch(0, undefined)).toHaveLength(1)
      await fetcher.close()
    })

    it('20.C13 can be described without their settings', async () => {
      await broker.admin.alterTopic('orders', { 'retention.ms': '1000' })
      const [described] = await broker.admin.describeTopics(['orders'], { withoutConfig: true })
      expect(described).toMatchObject({ name: 'orders', partitions: 2, config: {} })
      expect(await broker.admin.describeTopics([], { withoutConfig: true })).toEqual([])
    })

    it('have an earliest offset, a latest one, and offsets by timestamp', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      expect((await broker.admin.listOffsets([T0], 'latest'))[0]?.offset).toBe(0)
      await produce(producer, T0, 'at 1000', 'at 1001', 'at 1002')
      const records = await readAll(broker, T0)
      const offsetAt = async (timestampMs: number): Promise<number | undefined> =>
        (await broker.admin.listOffsets([T0], { timestampMs }))[0]?.offset
      expect(await offsetAt(0)).toBe(records[0]?.offset)
      expect(await offsetAt(1001)).toBe(records[1]?.offset)
      expect((await broker.admin.listOffsets([T0], 'earliest'))[0]?.offset).toBe(0)
      const latest = (await broker.admin.listOffsets([T0], 'latest'))[0]?.offset ?? 0
      expect(latest).toBeGreaterThan(records.at(-1)?.offset ?? 0)
      const afterAll = (await offsetAt(5000)) ?? 0 // the offset of the transaction marker, or the one after it
      expect(afterAll).toBeGreaterThan(records.at(-1)?.offset ?? 0)
      expect(afterAll).toBeLessThanOrEqual(latest)
      await expect(broker.admin.listOffsets([{ topic: 'nowhere', partition: 0 }], 'latest')).rejects.toBeInstanceOf(UnknownTopicError)
    })
  })
}
