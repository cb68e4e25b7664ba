import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryStorage, Serdes } from '../../../state/index.ts'
import { EmbeddedBroker } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { LogFields, Ports } from '../../ports.ts'
import type { ProcessorContext, Record } from '../../processor.ts'
import { systemPorts } from '../../system-ports.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { memoryBroker } from '../../testing/memory-broker.ts'
import { silentLogger } from '../../testing/silent-logger.ts'
import type { Streams, StreamsOptions } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { FreezingBroker } from '../testing/freezing-broker.ts'
import { openApplication } from '../testing/open-application.ts'
import { describeStalls } from '../testing/stalls.contract.ts'

interface Bench {
  readonly app: Application
  readonly freezing: FreezingBroker
  readonly warnings: LogFields[]
  start(options?: Partial<StreamsOptions>): Promise<Streams>
}

async function open(topology: Topology = counting()): Promise<Bench> {
  const manual = manualPorts()
  const app = await openApplication({ topology, topics: ['in', 'out'], broker: await memoryBroker(manual), manual })
  const freezing = new FreezingBroker(app.broker)
  onTestFinished(() => freezing.thaw())
  const warnings: LogFields[] = []
  const ports: Ports = { ...manual, logger: { ...manual.logger, warn: (_, fields = {}) => void warnings.push(fields) } }
  const start = (options: Partial<StreamsOptions> = {}): Promise<Streams> =>
    app.start('one', { broker: freezing.broker, ports, sessionTimeoutMs: 600_000, heartbeatIntervalMs: 1_000, ...options })
  return { app, freezing, warnings, start }
}

const TEXT = { key: Serdes.string, value: Serdes.string }

type Work = (record: Record<string | null, string | null>, context: ProcessorContext<string, string>) => Promise<void>

/** Passes the records of `in` to `out` by an asynchronous processor. */
function waiting(work: Work): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .process<string, string>((context) => ({ process: (record) => work(record, context) }), { name: 'waiting', ...TEXT })
    .to('out', TEXT)
  return builder.build()
}

const stallsOf = (warnings: readonly LogFields[]): readonly LogFields[] => warnings.filter(({ code }) => code === 'task-stalled')

/** Expects the only task to be stalled for this reason, in `tasks()`, `health()` and the log. */
async function expectStall({ app, warnings }: Bench, one: Streams, reason: RegExp, record?: string): Promise<void> {
  const since = app.ports.clock.now()
  await app.pass(25_000)
  expect(one.tasks()[0]?.state).not.toBe('stalled')
  await app.pass(20_000)
  expect(one.state).toBe('running')
  const [task] = one.tasks()
  expect(task).toMatchObject({ state: 'stalled', obstacle: { reason: expect.stringMatching(reason) } })
  expect(task?.obstacle?.record).toBe(record)
  expect(Math.abs((task?.obstacle?.since ?? 0) - since)).toBeLessThan(15_000)
  expect(one.health().isHealthy).toBe(false)
  expect(one.health().problems).toContainEqual(expect.stringMatching(new RegExp(`^task 0_0 is stalled: .*${reason.source}`)))
  expect([1, 2]).toContain(stallsOf(warnings).length)
  expect(stallsOf(warnings)[0]).toMatchObject({ task: '0_0', reason: expect.stringMatching(reason) })
  await app.pass(60_000)
  expect(stallsOf(warnings).length).toBeGreaterThan(2)
  expect(stallsOf(warnings).length).toBeLessThan(6)
}

async function expectRecovery({ app }: Bench, one: Streams, value: string): Promise<void> {
  await app.eventually(
    () => app.read('out'),
    (rows) => rows.some((row) => row.value === value),
  )
  await app.until(() => one.health().isHealthy)
  expect((await app.read('out')).map((row) => row.value)).toContain(value)
  expect(one.tasks()[0]).toMatchObject({ state: 'running' })
  expect(one.tasks()[0]).not.toHaveProperty('obstacle')
}

describe('20.A3 A task is stalled, says why and since when, and recovers:', () => {
  it('process() never resolves', async () => {
    let resume: () => void = () => undefined
    const bench = await open(
      waiting(async (record, context) => {
        await new Promise<void>((resolve) => (resume = resolve))
        context.forward({ ...record, key: String(record.key), value: String(record.value) })
      }),
    )
    const one = await bench.start()
    await bench.app.until(() => one.health().isHealthy)
    await bench.app.send('in', ['a', 'x'])
    await expectStall(bench, one, /process\(\) has not resolved/, 'in-0@0')
    resume()
    await expectRecovery(bench, one, 'x')
  })

  it.each(['exactly_once', 'at_least_once'] as const)('a commit never returns (%s)', async (guarantee) => {
    const bench = await open()
    const one = await bench.start({ guarantee })
    await bench.app.until(() => one.health().isHealthy)
    bench.freezing.freeze('commit')
    await bench.app.send('in', ['a', 'x'])
    await expectStall(bench, one, /cannot be committed/)
    bench.freezing.thaw()
    await expectRecovery(bench, one, '1')
  })

  it('a fetch never brings the records', async () => {
    const bench = await open()
    const one = await bench.start()
    await bench.app.until(() => one.health().isHealthy)
    bench.freezing.freeze('fetch')
    await bench.app.send('in', ['a', 'x'])
    await expectStall(bench, one, /none arrives/)
    bench.freezing.thaw()
    await expectRecovery(bench, one, '1')
  })

  it('an open transaction holds up the opening', async () => {
    const bench = await open()
    const { app } = bench
    const foreign = await app.broker.openProducer({ transactionalId: 'another application', transactionTimeoutMs: 600_000 })
    await foreign.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 0 }])
    await app.send('in', ['a', 'x'])
    const one = await bench.start()
    await app.until(() => one.tasks()[0]?.state === 'restoring')
    await expectStall(bench, one, /Opening the task takes long/)
    await foreign.abort()
    await expectRecovery(bench, one, '1')
  })

  it('the restore of a changelog is not answered', async () => {
    const bench = await open()
    const first = await bench.start()
    await bench.app.send('in', ['a', 'x'])
    await bench.app.rows('out', 1)
    await first.stop()
    bench.freezing.freeze('fetch')
    const one = await bench.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'restoring')
    await bench.app.send('in', ['a', 'x'])
    await expectStall(bench, one, /Opening the task takes long/)
    bench.freezing.thaw()
    await expectRecovery(bench, one, '2')
  })
})

describe('20.A4 A record that is slow and then fails', () => {
  it('is named in the warning that it is slow, and in that of its error', async () => {
    let fail: (error: Error) => void = () => undefined
    const bench = await open(waiting(() => new Promise<void>((_, reject) => (fail = reject))))
    const one = await bench.start()
    await bench.app.until(() => one.health().isHealthy)
    await bench.app.send('in', ['a', 'x'])
    await expectStall(bench, one, /process\(\) has not resolved/, 'in-0@0')
    expect(stallsOf(bench.warnings)[0]).toMatchObject({ record: 'in-0@0' })
    fail(new Error('refused at last'))
    await bench.app.until(() => bench.warnings.some(({ code }) => code === 'dead-letter'))
    const letter = bench.warnings.find(({ code }) => code === 'dead-letter')
    expect(letter).toMatchObject({ origin: 'in-0@0', operator: 'waiting', reason: expect.stringContaining('refused at last') })
  })
})

describe('20.A3 An idle instance', () => {
  it('whose broker answers nothing any more is not healthy, although no task has work', async () => {
    const bench = await open()
    const one = await bench.start()
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    bench.freezing.freeze()
    await bench.app.pass(60_000)
    expect(one.health()).toMatchObject({ isHealthy: false, problems: [expect.stringContaining('the brokers cannot be reached')] })
    bench.freezing.thaw()
    await bench.app.until(() => one.health().isHealthy)
  })

  it('whose group coordinator does not answer its JoinGroup is not healthy, and says so', async () => {
    const bench = await open()
    bench.freezing.freeze('join')
    const one = await bench.start()
    await bench.app.pass(60_000)
    expect(one.state).toBe('rebalancing')
    expect(one.health()).toMatchObject({ isHealthy: false, problems: [expect.stringContaining('rebalance does not end')] })
    expect(bench.warnings.map(({ code }) => code)).toContain('rebalance-stalled')
    bench.freezing.thaw()
    await bench.app.until(() => one.tasks()[0]?.state === 'running')
    expect(one.health().isHealthy).toBe(true)
  })

  it('is healthy for as long as it has nothing to do', async () => {
    const bench = await open()
    const one = await bench.start()
    await bench.app.pass(600_000)
    expect(one.health()).toEqual({ isHealthy: true, problems: [] })
    expect(bench.warnings).toEqual([])
  })
})

describeStalls('the embedded broker', {
  openBroker: () => EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts(silentLogger) }),
  times: {},
})
