import { describe, expect, it } from 'vitest'
import { MemoryStorage } from '../../../state/index.ts'
import type { Broker } from '../broker.ts'
import { EmbeddedBroker } from '../embedded/embedded-broker.ts'
import { OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import { describeBrokerContract } from '../testing/broker.contract.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { batchOf, produce, valuesOf } from '../testing/records.ts'
import { noFaults, type FaultProfile } from './fault-profile.ts'
import { faultyBroker } from './faulty-broker.ts'

describeBrokerContract('the faulty broker without faults', async () => {
  const { broker, ports, inner } = await faulty(noFaults())
  return { broker, advance: ports.advance, close: () => inner.close() }
})

describe('the faulty broker', () => {
  const partition = { topic: 't', partition: 0 }

  it('loses requests without effect and responses after their effect', async () => {
    const profile = noFaults()
    const { broker } = await faulty(profile)
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    const producer = await broker.openProducer({ transactionalId: 'p' })
    await producer.send('t', 0, batchOf('kept'))
    Object.assign(profile, { enabled: true, lostAnswer: 1 })
    await expect(producer.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
    profile.enabled = false
    expect(await valuesOf(broker, partition)).toEqual(['kept'])
    const next = await broker.openProducer({ transactionalId: 'p' })
    await next.send('t', 0, batchOf('lost'))
    Object.assign(profile, { enabled: true, lostAnswer: 0, lostRequest: 1 })
    await expect(next.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
    await expect(broker.admin.describeTopics()).rejects.toBeInstanceOf(RetriableBrokerError)
    profile.enabled = false
    await broker.openProducer({ transactionalId: 'p' })
    expect(await valuesOf(broker, partition)).toEqual(['kept'])
  })

  it('spends a transactional producer with the first call that is lost', async () => {
    const profile = noFaults()
    const { broker } = await faulty(profile)
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    const producer = await broker.openProducer({ transactionalId: 'p' })
    Object.assign(profile, { enabled: true, lostAnswer: 1 })
    const lost: unknown = await producer.send('t', 0, batchOf('lost')).catch((error: unknown) => error)
    profile.enabled = false
    expect(lost).toBeInstanceOf(OutcomeUnknownError)
    await expect(producer.send('t', 0, batchOf('too late'))).rejects.toBe(lost)
    await expect(producer.commit()).rejects.toBe(lost)
    await producer.close()
    expect(await valuesOf(broker, partition)).toEqual([])
  })

  it('produces the same faults from the same seed', async () => {
    const trace = async (): Promise<string> => {
      const { broker } = await faulty({ ...noFaults(), enabled: true, lostRequest: 0.3, lostAnswer: 0.3 })
      let outcomes = ''
      for (let i = 0; i < 60; i++)
        outcomes += await broker.admin.describeTopics().then(
          () => '.',
          (error: Error) => (error.message.includes('request') ? 'r' : 'a'),
        )
      return outcomes
    }
    const first = await trace()
    expect(first).toMatch(/^(?=.*r)(?=.*a)(?=.*\.).{60}$/)
    expect(await trace()).toBe(first)
  })

  it('partitions a client from the broker, waiting fetches included, and reconnects it', async () => {
    const profile = { ...noFaults(), enabled: true, maxDelayMs: 50 }
    const { broker, inner, ports } = await faulty(profile)
    await inner.admin.createTopics([{ name: 't', partitions: 1 }])
    const fetching = broker.openFetcher().fetch([{ ...partition, offset: 0 }], { maxWaitMs: 1_000 })
    const failed = expect(fetching).rejects.toBeInstanceOf(RetriableBrokerError)
    profile.partitioned = true
    await produce(await inner.openProducer({ transactionalId: 'p' }), partition, 'x')
    await ports.advance(100)
    await failed
    profile.partitioned = false
    expect(await valuesOf(broker, partition)).toEqual(['x'])
  })

  it('freezes for freezeMs from the next send on, and then completes its calls', async () => {
    const profile = { ...noFaults(), enabled: true, maxDelayMs: 2, freezeMs: 500 }
    const { broker, ports } = await faulty(profile)
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    const producer = await broker.openProducer({ transactionalId: 'p' })
    let done = 0
    const sent = producer.send('t', 0, batchOf('late')).then(() => done++)
    const described = broker.admin.describeTopics().then(() => done++)
    await ports.advance(490)
    expect(done).toBe(0)
    await ports.advance(20)
    await Promise.all([sent, described])
    await producer.commit()
    expect(await valuesOf(broker, partition)).toEqual(['late'])
  })

  it('uses the broker opened after a crash, which has what was committed', async () => {
    const ports = manualPorts()
    const storage = new MemoryStorage()
    let inner = await EmbeddedBroker.open({ storage, ports })
    const broker = faultyBroker({ target: (): Broker => inner, profile: noFaults(), random: ports.random, timers: ports.timers })
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    const producer = await broker.openProducer({ transactionalId: 'p' })
    await produce(producer, partition, 'committed')
    await producer.send('t', 0, batchOf('open'))
    const fetcher = broker.openFetcher()
    const waiting = fetcher.fetch([{ ...partition, offset: 2 }], { maxWaitMs: 1_000 })
    inner.crash()
    await expect(waiting).rejects.toBeInstanceOf(RetriableBrokerError)
    await expect(producer.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
    inner = await EmbeddedBroker.open({ storage, ports })
    expect(await valuesOf(broker, partition)).toEqual(['committed'])
    await produce(await broker.openProducer({ transactionalId: 'p' }), partition, 'next')
    const fetched = await fetcher.fetch([{ ...partition, offset: 2 }], { maxWaitMs: 1_000 })
    expect(fetched[0]?.batches.length).toBe(1)
    await expect(producer.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
  })
})

async function faulty(profile: FaultProfile): Promise<{ broker: Broker; inner: EmbeddedBroker; ports: ReturnType<typeof manualPorts> }> {
  const ports = manualPorts()
  const inner = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports, compactionMinBytes: 2_000 })
  return { broker: faultyBroker({ target: () => inner, profile, random: ports.random, timers: ports.timers }), inner, ports }
}
