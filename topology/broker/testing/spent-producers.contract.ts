import { describe, expect, it } from 'vitest'
import type { Broker, Producer, TopicPartition } from '../broker.ts'
import { FencedError, UnknownMemberError, UnknownTopicError } from '../errors.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { outsider } from './outsider.ts'
import { batchOf, produce, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const OFFSETS = [{ ...T0, offset: 1 }]
const JOIN = {
  groupId: 'g',
  memberId: '',
  protocol: { type: 'contract', name: 'plain' },
  metadata: Buffer.of(1),
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
}

interface Spending {
  readonly error: typeof FencedError | typeof UnknownMemberError | typeof UnknownTopicError
  /** A call that rejects with the error. */
  call(producer: Producer, broker: Broker): Promise<unknown>
}

const SPENDING: readonly Spending[] = [
  { error: UnknownTopicError, call: (producer) => producer.send('nowhere', 0, batchOf('x')) },
  {
    error: UnknownMemberError,
    call: async (producer, broker) => {
      const { generation } = await broker.groups.join(JOIN)
      await producer.sendOffsets({ groupId: 'g', memberId: 'unknown', generation }, OFFSETS)
    },
  },
  {
    error: FencedError,
    call: async (producer, broker) => {
      await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, batchOf('x'))
    },
  },
]

/** Which errors spend a producer. `StaleGenerationError`, which does not, is part of the fencing contract. */
export function describeSpentProducers(underTest: () => BrokerUnderTest): void {
  describe('a producer', () => {
    it.each(SPENDING)('with a transactional id is spent by $error.name until the id is opened again', async ({ error, call }) => {
      const { broker } = underTest()
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, batchOf('lost'))
      const first: unknown = await call(producer, broker).catch((reason: unknown) => reason)
      expect(first).toBeInstanceOf(error)
      await expect(producer.send('orders', 0, batchOf('too late'))).rejects.toBe(first)
      await expect(producer.sendOffsets(outsider('g'), OFFSETS)).rejects.toBe(first)
      await expect(producer.commit()).rejects.toBe(first)
      await expect(producer.abort()).rejects.toBe(first)
      await producer.close()
      await produce(await broker.openProducer({ transactionalId: 'p' }), T0, 'next')
      expect(await valuesOf(broker, T0)).toEqual(['next'])
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([])
    })

    it('without a transactional id is not spent: a commit that failed has dropped what belonged to it', async () => {
      const { broker } = underTest()
      const producer = await broker.openProducer({})
      await expect(producer.send('nowhere', 0, batchOf('x')).then(() => producer.commit())).rejects.toBeInstanceOf(UnknownTopicError)
      await produce(producer, T0, 'next')
      expect(await valuesOf(broker, T0)).toEqual(['next'])
    })
  })
}
