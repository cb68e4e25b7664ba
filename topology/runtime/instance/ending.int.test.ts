import { describe, expect, it, onTestFinished } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { FatalBrokerError, RetriableBrokerError } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { FatalStreamsError, messageOf } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { LogFields, Ports } from '../../ports.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { memoryBroker } from '../../testing/memory-broker.ts'
import { override } from '../../testing/override.ts'
import { memoryTaskStorages, Streams, type StreamsOptions } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { FreezingBroker } from '../testing/freezing-broker.ts'
import { openApplication } from '../testing/open-application.ts'

const TIMEOUT_MS = 5_000
const ENDS = ['stop', 'kill'] as const

interface Bench {
  readonly app: Application
  readonly freezing: FreezingBroker
  readonly warnings: LogFields[]
  readonly ports: Ports
  create(instanceId: string, options?: Partial<StreamsOptions>): Streams
}

async function open(topology: Topology = counting(), topics: readonly string[] = ['in', 'out']): Promise<Bench> {
  const manual = manualPorts()
  const app = await openApplication({ topology, topics, broker: await memoryBroker(manual), manual })
  const freezing = new FreezingBroker(app.broker)
  onTestFinished(() => freezing.thaw())
  const warnings: LogFields[] = []
  const ports: Ports = { ...manual, logger: { ...manual.logger, warn: (_, fields = {}) => void warnings.push(fields) } }
  const create = (instanceId: string, options: Partial<StreamsOptions> = {}): Streams => {
    const { broker } = freezing
    const defaults = { sessionTimeoutMs: 60_000, heartbeatIntervalMs: 500, storages: memoryTaskStorages() }
    return new Streams({ topology, applicationId: 'app', instanceId, broker, ports, ...defaults, ...options })
  }
  return { app, freezing, warnings, ports, create }
}

/** Resolves with how long the work took on the manual clock; fails the test if that is much longer than the timeout. */
async function timed({ app }: Bench, work: Promise<unknown>): Promise<number> {
  const begunAt = app.ports.clock.monotonic()
  let isDone = false
  const done = work.finally(() => (isDone = true))
  for (let step = 0; !isDone && step < 200; step++) await app.pass(100)
  expect(isDone).toBe(true)
  await done
  return app.ports.clock.monotonic() - begunAt
}

/** Nothing of the instance calls the broker any more. */
async function expectQuiet({ app, freezing }: Bench): Promise<void> {
  await app.pass(1_000)
  const calls = freezing.callCount
  await app.pass(120_000)
  expect(freezing.callCount).toBe(calls)
}

/** `process()` resolves when the test says so. */
function holding(): { readonly topology: Topology; release(): void } {
  let isHolding = true
  const held: (() => void)[] = []
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .process<string, string>(
      (context) => ({
        process: async ({ key, value, timestamp }) => {
          if (isHolding) await new Promise<void>((resolve) => held.push(resolve))
          context.forward({ key, value: String(value), timestamp })
        },
      }),
      { name: 'holding', key: Serdes.string, value: Serdes.string },
    )
    .to('out', { key: Serdes.string, value: Serdes.string })
  const release = (): void => {
    isHolding = false
    for (const resume of held.splice(0)) resume()
  }
  return { topology: builder.build(), release }
}

describe.each(ENDS)('20.A4 %s() ends in time', (end) => {
  it('with a processor that never resolves; its record is processed by the next owner, once', async () => {
    const { topology, release } = holding()
    const bench = await open(topology)
    const one = bench.create('one')
    await one.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    await bench.app.send('in', ['a', 'x'])
    await bench.app.pass(1_000)
    expect(await timed(bench, one[end]({ timeoutMs: TIMEOUT_MS }))).toBeLessThanOrEqual(TIMEOUT_MS + 100)
    expect(one.state).toBe('stopped')
    if (end === 'stop') expect(bench.warnings).toContainEqual(expect.objectContaining({ code: 'task-not-closed', record: 'in-0@0' }))
    release()
    const two = bench.create('two', { sessionTimeoutMs: 1_000 })
    await two.start()
    for (let seconds = 0; seconds < 120 && (await bench.app.read('out')).length === 0; seconds++) await bench.app.pass(1_000)
    await bench.app.pass(10_000)
    expect((await bench.app.read('out')).map(({ value }) => value)).toEqual(['x'])
    await timed(bench, two.stop())
  })

  it('with a broker that answers nothing', async () => {
    const bench = await open()
    const one = bench.create('one')
    await one.start()
    await bench.app.send('in', ['a', 'x'])
    await bench.app.rows('out', 1)
    bench.freezing.freeze()
    await bench.app.send('in', ['a', 'y'])
    await bench.app.pass(2_000)
    expect(await timed(bench, one[end]({ timeoutMs: TIMEOUT_MS }))).toBeLessThanOrEqual(TIMEOUT_MS + 100)
    expect(one.state).toBe('stopped')
  })

  it('while a task restores', async () => {
    const bench = await open()
    const first = bench.create('one')
    await first.start()
    await bench.app.send('in', ['a', 'x'])
    await bench.app.rows('out', 1)
    await timed(bench, first.stop())
    bench.freezing.freeze('fetch')
    const one = bench.create('one')
    await one.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'restoring')
    expect(await timed(bench, one[end]({ timeoutMs: TIMEOUT_MS }))).toBeLessThanOrEqual(TIMEOUT_MS + 100)
    bench.freezing.thaw()
    await expectQuiet(bench)
  })

  it('while start() waits for the broker, and start() rejects', async () => {
    const bench = await open()
    bench.freezing.freeze()
    const one = bench.create('one')
    const starting = one.start()
    const outcome = starting.catch((error: unknown) => error)
    await bench.app.pass(1_000)
    expect(one.state).toBe('starting')
    await timed(bench, one[end]({ timeoutMs: TIMEOUT_MS }))
    expect(await outcome).toBeInstanceOf(FatalStreamsError)
    expect(messageOf(await outcome)).toBe('Instance one was stopped while it was starting.')
    bench.freezing.thaw()
    await expectQuiet(bench)
    expect(one.state).toBe('stopped')
  })

  it('before start(), which then refuses to start', async () => {
    const bench = await open()
    const one = bench.create('one')
    await timed(bench, one[end]())
    await expect(one.start()).rejects.toThrow(/was started before|was stopped/)
    await expectQuiet(bench)
  })

  it('when it is called twice, at once and one after the other', async () => {
    const bench = await open()
    const one = bench.create('one')
    await one.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    const ends = [one[end](), one.stop(), one.kill()]
    let ended = 0
    for (const ending of ends) void ending.then(() => ended++)
    await timed(bench, Promise.all(ends))
    expect(ended).toBe(3)
    const leaves = bench.freezing.calls.get('leave') ?? 0
    expect(leaves).toBe(end === 'stop' ? 1 : 0)
    await timed(bench, one[end]())
    expect(bench.freezing.calls.get('leave') ?? 0).toBe(leaves)
    await expectQuiet(bench)
  })
})

describe('20.A4 An instance that fails', () => {
  /** Throws for `poison`. */
  function picky(): Topology {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .peek((value) => {
        if (value === 'poison') throw new Error('cannot take it')
      })
      .to('out', { key: Serdes.string, value: Serdes.string })
    return builder.build()
  }

  it('closes its tasks, commits nothing, leaves the group at once, and stays readable', async () => {
    const bench = await open(picky())
    const { app } = bench
    const one = bench.create('one', { errorHandlers: { process: 'fail' }, sessionTimeoutMs: 600_000 })
    await one.start()
    await app.send('in', ['a', 'good'], ['a', 'poison'], ['a', 'late'])
    await app.until(() => one.state === 'failed')
    const two = bench.create('two', { errorHandlers: { process: 'park' } })
    await two.start()
    await app.until(() => two.tasks()[0]?.state === 'running')
    expect((await app.rows('out', 1)).map(({ value }) => value)).toEqual(['good'])
    expect(await app.rows('app-dead-letters', 2)).toHaveLength(2)
    expect(one.tasks().map(({ name, state }) => [name, state])).toEqual([['0_0', 'closed']])
    expect(messageOf(one.failure)).toContain('cannot take it')
    expect(one.health().isHealthy).toBe(false)
    await app.until(() => two.health().isHealthy)
    await app.eventually(
      () => one.lag(),
      (lags) => lags.every(({ lag }) => lag === 0),
    )
    expect(await one.lag()).toMatchObject([{ topic: 'in', partition: 0, lag: 0 }])
    expect(bench.freezing.calls.get('leave')).toBe(1)
    await timed(bench, one.stop())
    expect(one.state).toBe('stopped')
    expect(bench.freezing.calls.get('leave')).toBe(1)
    await timed(bench, two.stop())
    await expectQuiet(bench)
  })

  it('is closed in time also when the broker answers nothing', async () => {
    const bench = await open(picky())
    const one = bench.create('one', { errorHandlers: { process: 'fail' } })
    await one.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    bench.freezing.freeze('leave', 'commit', 'heartbeat')
    await bench.app.send('in', ['a', 'poison'])
    await bench.app.until(() => one.state === 'failed')
    expect(await timed(bench, one.stop({ timeoutMs: TIMEOUT_MS }))).toBeLessThanOrEqual(TIMEOUT_MS + 100)
  })

  it('keeps its first failure', async () => {
    const bench = await open(picky())
    const one = bench.create('one', { errorHandlers: { process: 'fail' } })
    await one.start()
    await bench.app.send('in', ['a', 'poison'])
    await bench.app.until(() => one.state === 'failed')
    const { failure } = one
    await bench.app.pass(60_000)
    expect(one.failure).toBe(failure)
    await expect(one.start()).rejects.toThrow(/was started before/)
  })
})

describe('20.A4 start()', () => {
  it('that fails for missing topics says which, leaves nothing running, and fails the instance', async () => {
    const bench = await open(counting(), ['out'])
    const one = bench.create('one')
    await expect(one.start()).rejects.toThrow('Source topics are missing: in. Create them before starting the application.')
    expect(one.state).toBe('failed')
    expect(one.health().problems).toEqual([expect.stringContaining('the instance has failed: Source topics are missing: in')])
    await expectQuiet(bench)
    await timed(bench, one.stop())
    expect(bench.freezing.calls.get('leave')).toBeUndefined()
  })

  it('that the broker rejects for good says why and leaves nothing running', async () => {
    const bench = await open()
    const { broker } = bench.freezing
    const describeTopics = async (): Promise<never> => {
      throw new FatalBrokerError('Not authorized to describe topics: grant DESCRIBE.')
    }
    const one = bench.create('one', { broker: override(broker, { admin: override(broker.admin, { describeTopics }) }) })
    await expect(one.start()).rejects.toThrow('grant DESCRIBE')
    expect(one.state).toBe('failed')
    await expectQuiet(bench)
  })

  it('against a broker that cannot be reached waits, says so in log and health, and goes on when it can', async () => {
    const bench = await open()
    const { broker } = bench.freezing
    let isUp = false
    let attempts = 0
    const describeTopics: typeof broker.admin.describeTopics = async (names) => {
      attempts++
      if (!isUp) throw new RetriableBrokerError('No broker answers at host:9092.')
      return broker.admin.describeTopics(names)
    }
    const one = bench.create('one', { broker: override(broker, { admin: override(broker.admin, { describeTopics }) }) })
    const starting = one.start()
    await bench.app.pass(60_000)
    expect(one.state).toBe('starting')
    expect(one.health()).toEqual({ isHealthy: false, problems: ['the instance is starting: No broker answers at host:9092.'] })
    const reported = bench.warnings.filter(({ code }) => code === 'broker-unreachable')
    expect(reported.length).toBeGreaterThan(1)
    expect(reported.length).toBeLessThan(6)
    expect(attempts).toBeLessThan(70)
    isUp = true
    await timed(bench, starting)
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    expect(one.health().isHealthy).toBe(true)
    await timed(bench, one.stop())
  })
})
