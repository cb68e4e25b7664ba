import { describe, expect, it, onTestFinished } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import type { Broker } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Streams, StreamsOptions } from '../index.ts'
import { counting } from './counting.ts'
import { FreezingBroker } from './freezing-broker.ts'
import { openApplication } from './open-application.ts'
import type { Application } from './application.ts'

const TEXT = { key: Serdes.string, value: Serdes.string }
const STALL_TIMEOUT_MS = 2_000
/** The end offsets of inputs are read every ten seconds. */
const NOTICED_MS = 30_000

export interface StallsUnderTest {
  openBroker(): Promise<Broker>
  readonly times: Partial<StreamsOptions>
}

interface Bench {
  readonly app: Application
  readonly freezing: FreezingBroker
  start(): Promise<Streams>
}

async function reached<T>(read: () => T | Promise<T>, value: T): Promise<void> {
  await expect.poll(read, { timeout: NOTICED_MS }).toBe(value)
}

/** In real time, with a stall timeout of two seconds: a task that stands still says so while it does, and recovers. */
export function describeStalls(name: string, { openBroker, times }: StallsUnderTest): void {
  async function open(topology: Topology = counting()): Promise<Bench> {
    const app = await openApplication({ topology, topics: ['in', 'out'], broker: await openBroker() })
    const freezing = new FreezingBroker(app.broker)
    onTestFinished(() => freezing.thaw())
    return { app, freezing, start: () => app.start('one', { broker: freezing.broker, stallTimeoutMs: STALL_TIMEOUT_MS, ...times }) }
  }

  async function expectStall(app: Application, one: Streams, reason: RegExp, record?: string): Promise<void> {
    const before = app.ports.clock.now()
    await reached(() => one.tasks()[0]?.state, 'stalled')
    const obstacle = one.tasks()[0]?.obstacle
    expect(obstacle?.reason).toMatch(reason)
    expect(obstacle?.record).toBe(record)
    expect(Math.abs((obstacle?.since ?? 0) - before)).toBeLessThan(STALL_TIMEOUT_MS + 15_000)
    expect(one.state).toBe('running')
    expect(one.health().isHealthy).toBe(false)
    expect(one.health().problems).toContainEqual(expect.stringMatching(new RegExp(`^task 0_0 is stalled: .*${reason.source}`)))
  }

  async function expectRecovery(app: Application, one: Streams, value: string): Promise<void> {
    await reached(async () => (await app.read('out')).at(0)?.value, value)
    await reached(() => one.health().isHealthy, true)
    expect(one.tasks()[0]).not.toHaveProperty('obstacle')
  }

  describe(`20.A2 On ${name}, a task is stalled, says why and since when, and recovers:`, { timeout: 3 * NOTICED_MS }, () => {
    it('process() never resolves', async () => {
      let resume: () => void = () => undefined
      const builder = new StreamsBuilder()
      builder
        .stream('in', TEXT)
        .process<string, string>(
          (context) => ({
            process: async (record) => {
              await new Promise<void>((resolve) => (resume = resolve))
              context.forward({ ...record, value: String(record.value) })
            },
          }),
          { name: 'waiting', ...TEXT },
        )
        .to('out', TEXT)
      const { app, start } = await open(builder.build())
      const one = await start()
      await app.send('in', ['a', 'x'])
      await expectStall(app, one, /process\(\) has not resolved/, 'in-0@0')
      resume()
      await expectRecovery(app, one, 'x')
    })

    it.each([
      ['a commit never returns', 'commit', /cannot be committed/],
      ['a fetch never brings the records', 'fetch', /none arrives/],
    ] as const)('%s', async (_, call, reason) => {
      const { app, freezing, start } = await open()
      const one = await start()
      await reached(() => one.health().isHealthy, true)
      freezing.freeze(call)
      await app.send('in', ['a', 'x'])
      await expectStall(app, one, reason)
      freezing.thaw()
      await expectRecovery(app, one, '1')
    })

    it('the open transaction of another application holds up the opening', async () => {
      const { app, start } = await open()
      const foreign = await app.broker.openProducer({ transactionalId: 'another application', transactionTimeoutMs: 60_000 })
      await foreign.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 0 }])
      await app.send('in', ['a', 'x'])
      const one = await start()
      await expectStall(app, one, /Opening the task takes long/)
      await foreign.abort()
      await expectRecovery(app, one, '1')
    })
  })
}
