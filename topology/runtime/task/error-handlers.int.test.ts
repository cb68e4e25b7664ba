import { describe, expect, it } from 'vitest'
import { Serdes, type Serde } from '../../../state/index.ts'
import { createRecordBatchBuilder } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { messageOf, RecordError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { ProcessOptions } from '../../dsl/index.ts'
import type { LogFields } from '../../ports.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { readDeadLetters, redriveDeadLetters, type DeadLetter, type Streams, type StreamsOptions } from '../index.ts'
import type { Application, Row } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'
import type { ErrorHandler, ErrorHandlers, ErrorResponse } from '../error-handlers.ts'

const STAGES = ['read', 'process', 'produce'] as const
const GUARANTEES = ['exactly_once', 'at_least_once'] as const
type Stage = (typeof STAGES)[number]

/** Fails for values that begin with the text. */
const failingAt = (text: string, when: 'serialize' | 'deserialize', message: string): Serde<string> => {
  const check = (value: string): string => {
    if (value.startsWith(text)) throw new TypeError(message)
    return value
  }
  return {
    serialize: (value) => Serdes.string.serialize(when === 'serialize' ? check(value) : value),
    deserialize: (bytes) => (when === 'deserialize' ? check(Serdes.string.deserialize(bytes)) : Serdes.string.deserialize(bytes)),
  }
}

interface Picky {
  readonly topology: Topology
  /** Values for which the processor throws. */
  readonly poison: Set<string>
  processed: number
}

/** Copies `in` to `out`. A value that begins with the name of a stage fails at it. */
function picky(isAsync = false): Picky {
  const state: { poison: Set<string>; processed: number } = { poison: new Set<string>(['process']), processed: 0 }
  const builder = new StreamsBuilder()
  const options: ProcessOptions<string, string> = {
    name: 'picky',
    key: Serdes.string,
    value: failingAt('produce', 'serialize', 'not writable'),
  }
  builder
    .stream('in', { key: Serdes.string, value: failingAt('read', 'deserialize', 'not readable') })
    .process<string, string>((context) => {
      const work = (key: string, value: string | null): void => {
        state.processed++
        if (state.poison.has(String(value))) throw new RangeError('not processable')
        context.forward({ key, value: String(value), timestamp: 1 })
      }
      if (!isAsync) return { process: ({ key, value }) => work(key, value) }
      return {
        process: async ({ key, value }) => {
          await Promise.resolve()
          work(key, value)
        },
      }
    }, options)
    .to('out', { key: Serdes.string, value: failingAt('produce', 'serialize', 'not writable') })
  return Object.assign(state, { topology: builder.build() })
}

async function open(topology: Topology): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out', 'dropped'], manual: manualPorts() })
}

const valuesOf = (rows: readonly Row[]): (string | null)[] => rows.map(({ value }) => value)
const textsOf = (letters: readonly DeadLetter[]): string[] => letters.map(({ value }) => Buffer.from(value ?? []).toString())
const lettersOf = (app: Application, count: number): Promise<readonly DeadLetter[]> =>
  app.eventually(
    () => readDeadLetters(app.broker, 'app'),
    (letters) => letters.length >= count,
  )
const header = (row: Row | undefined, name: string): string =>
  Buffer.from(row?.headers.find(({ key }) => key === `dead-letter.${name}`)?.value ?? []).toString()
const handlersFor = (stage: Stage, handler: ErrorHandler, more: ErrorHandlers = {}): ErrorHandlers => ({ ...more, [stage]: handler })

const CASES = STAGES.flatMap((stage) => GUARANTEES.flatMap((guarantee) => [false, true].map((isAsync) => ({ stage, guarantee, isAsync }))))

describe.each(CASES)('20.A1 A record that fails at stage $stage ($guarantee, asynchronous: $isAsync)', ({ stage, guarantee, isAsync }) => {
  const start = async (response: ErrorResponse | ErrorHandler, more: ErrorHandlers = {}): Promise<readonly [Application, Streams]> => {
    const app = await open(picky(isAsync).topology)
    const one = await app.start('one', { guarantee, errorHandlers: handlersFor(stage, response, more) })
    await app.send('in', ['a', 'first'], ['a', stage], ['b', 'other'], ['a', 'last'])
    return [app, one]
  }

  it('park: becomes a dead letter that names task, operator and stack, and the later records of its key wait behind it', async () => {
    const [app, one] = await start('park')
    const letters = await lettersOf(app, 2)
    expect(textsOf(letters)).toEqual([stage, 'last'])
    expect(valuesOf(await app.rows('out', 2))).toEqual(['first', 'other'])
    const [failed, waiting] = letters
    expect(failed).toMatchObject({ task: '0_0', origin: { topic: 'in', partition: 0, offset: 1 } })
    expect(failed?.operator).toEqual({ read: undefined, process: 'picky', produce: expect.any(String) }[stage])
    expect(failed?.stack).toContain('Error: not ')
    expect(failed?.stack).toContain('error-handlers.int.test')
    expect(waiting).toMatchObject({ reason: 'behind a dead letter of the same key', stack: undefined })
    expect(one.tasks()[0]).toMatchObject({ deadLetters: 2, drops: {} })
    expect(one.health()).toEqual({ isHealthy: true, problems: [] })
  })

  it('continue: is dropped, counted, and copied to the topic for dropped records; its key goes on', async () => {
    const [app, one] = await start('continue', { droppedRecordsTopic: 'dropped' })
    expect(valuesOf(await app.rows('out', 3))).toEqual(['first', 'other', 'last'])
    const [dropped, ...more] = await app.rows('dropped', 1)
    expect(more).toEqual([])
    expect(dropped).toMatchObject({ key: 'a', value: stage, timestamp: 1 })
    expect(header(dropped, 'offset')).toBe('1')
    expect(header(dropped, 'task')).toBe('0_0')
    expect(header(dropped, 'reason')).toContain('not ')
    expect(one.tasks()[0]?.drops).toEqual({ [`${stage}-error`]: 1 })
    expect(await readDeadLetters(app.broker, 'app')).toEqual([])
  })

  it('fail: fails the instance, with position, stage and advice, and commits neither it nor what follows', async () => {
    const [app, one] = await start('fail')
    await app.until(() => one.state === 'failed')
    expect(messageOf(one.failure)).toMatch(new RegExp(`in-0@1 .*stage ${stage} in .*task 0_0.*handler of ${stage} errors says fail`))
    expect(valuesOf(await app.read('out'))).not.toContain('other')
    expect(await readDeadLetters(app.broker, 'app')).toEqual([])
    expect(one.health()).toMatchObject({ isHealthy: false, problems: [expect.stringContaining('the instance has failed')] })
  })

  it('a function chooses for each record, and is told what failed where', async () => {
    const seen: RecordError[] = []
    const [app, one] = await start((error) => {
      seen.push(error)
      return seen.length === 1 ? 'continue' : 'park'
    })
    await app.rows('out', 3)
    await app.send('in', ['c', stage])
    expect(textsOf(await lettersOf(app, 1))).toEqual([stage])
    expect(seen.map(({ stage: at, task, origin, key }) => [at, task, origin?.offset, Buffer.from(key ?? []).toString()])).toEqual([
      [stage, '0_0', 1, 'a'],
      [stage, '0_0', 4, 'c'],
    ])
    expect(one.tasks()[0]).toMatchObject({ deadLetters: 1, drops: { [`${stage}-error`]: 1 } })
  })

  it('a function that throws or answers nonsense fails the instance', async () => {
    const throwing = () => {
      throw new Error('no idea')
    }
    for (const [handler, complaint] of [
      [throwing, 'threw: no idea'],
      [() => 'skip' as ErrorResponse, 'answered skip'],
    ] as const) {
      const [app, one] = await start(handler)
      await app.until(() => one.state === 'failed')
      expect(messageOf(one.failure)).toContain(complaint)
      expect(messageOf(one.failure)).toContain('in-0@1')
    }
  })
})

describe('20.A1 Records that fail', () => {
  it('1,000 in one batch end in linear time, each processed twice at most', async () => {
    const state = picky()
    const app = await open(state.topology)
    const batch = createRecordBatchBuilder()
    for (let at = 0; at < 1_000; at++) batch.append(Buffer.from(`k${at}`), Buffer.from('process'), 1)
    const producer = await app.broker.openProducer({})
    await producer.send('in', 0, batch)
    await producer.commit()
    const one = await app.start('one')
    while ((one.tasks()[0]?.deadLetters ?? 0) < 1_000) await app.pass(5)
    expect(await lettersOf(app, 1_000)).toHaveLength(1_000)
    expect(one.tasks()[0]?.openings).toBeLessThanOrEqual(1_001)
    expect(state.processed).toBeLessThanOrEqual(2_000)
  })

  it('two in one transaction both become letters, and what they forwarded before does not survive', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .flatMapValues((value) => [`${value}-1`, `${value}-2`])
      .peek((value) => {
        if (value.startsWith('bad') && value.endsWith('-2')) throw new Error('the second half')
      })
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.send('in', ['a', 'one'], ['b', 'bad'], ['c', 'bad too'], ['d', 'two'])
    await app.start('one')
    expect(textsOf(await lettersOf(app, 2))).toEqual(['bad', 'bad too'])
    expect(valuesOf(await app.rows('out', 4))).toEqual(['one-1', 'one-2', 'two-1', 'two-2'])
  })

  it('when they are redriven and fail again keep their place, their order, and name operator and stack again', async () => {
    const { topology, poison } = picky()
    const app = await open(topology)
    await app.start('one')
    await app.send('in', ['a', 'process'], ['a', 'second'])
    await lettersOf(app, 2)
    await redriveDeadLetters({ broker: app.broker, applicationId: 'app' })
    const again = await lettersOf(app, 2)
    expect(textsOf(again)).toEqual(['process', 'second'])
    expect(again[0]).toMatchObject({ place: { episode: 0, sequence: 0 }, operator: 'picky', task: '0_0' })
    poison.clear()
    await redriveDeadLetters({ broker: app.broker, applicationId: 'app' })
    expect(valuesOf(await app.rows('out', 2))).toEqual(['process', 'second'])
  })

  it('that a continuing handler drops after a redrive unpark their key', async () => {
    const { topology } = picky()
    const app = await open(topology)
    const one = await app.start('one')
    await app.send('in', ['a', 'process'], ['a', 'second'])
    await lettersOf(app, 2)
    await one.stop()
    const two = await app.start('two', { errorHandlers: { process: 'continue' } })
    await redriveDeadLetters({ broker: app.broker, applicationId: 'app' })
    expect(valuesOf(await app.rows('out', 1))).toEqual(['second'])
    expect(two.tasks()[0]?.drops).toEqual({ 'process-error': 1 })
  })

  it('cannot be dropped into a topic that does not exist: the start fails and names it, and works when it does', async () => {
    const app = await open(picky().topology)
    const options: Partial<StreamsOptions> = { errorHandlers: { process: 'continue', droppedRecordsTopic: 'missing' } }
    await expect(app.start('one', options)).rejects.toThrow('Output topics are missing: missing.')
    await app.broker.admin.createTopics([{ name: 'missing', partitions: 1 }])
    const two = await app.start('two', options)
    await app.send('in', ['a', 'process'], ['a', 'next'])
    expect(valuesOf(await app.rows('out', 1))).toEqual(['next'])
    expect(valuesOf(await app.rows('missing', 1))).toEqual(['process'])
    await app.until(() => two.health().isHealthy)
  })

  it('wait, and say so, while the topic that their sink chooses does not exist, and go on when it does', async () => {
    const warnings: LogFields[] = []
    const text = { key: Serdes.string, value: Serdes.string }
    const builder = new StreamsBuilder()
    builder.stream('in', text).to(({ value }) => String(value), text)
    const app = await open(builder.build())
    const logger = { ...app.ports.logger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) }
    const one = await app.start('one', { ports: { ...app.ports, logger } })
    await app.send('in', ['a', 'missing'], ['a', 'out'])
    await app.until(() => one.tasks()[0]?.state === 'waiting')
    expect(one.health().problems).toEqual([expect.stringContaining('Cannot write to topic "missing"')])
    await app.until(() => warnings.some(({ code, reason }) => code === 'task-waits' && String(reason).includes('"missing"')))
    await app.broker.admin.createTopics([{ name: 'missing', partitions: 1 }])
    expect(valuesOf(await app.rows('missing', 1))).toEqual(['missing'])
    expect(valuesOf(await app.rows('out', 1))).toEqual(['out'])
    await app.until(() => one.health().isHealthy)
  })
})

describe('20.A1 A punctuator that throws', () => {
  /** Throws from the first firing to the one that the test ends. */
  function ticking(clock: 'stream' | 'wall'): { readonly topology: Topology; isBroken: boolean; fired: number } {
    const state = { isBroken: true, fired: 0 }
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        (context) => {
          context.schedule({ intervalMs: 10, clock }, () => {
            state.fired++
            if (state.isBroken) throw new Error('out of order')
            context.forward({ key: 'tick', value: 'tick', timestamp: 1 })
          })
          return { process: (record) => context.forward(record as never) }
        },
        { name: 'ticking', key: Serdes.string, value: Serdes.string },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    return Object.assign(state, { topology: builder.build() })
  }

  it.each(['stream', 'wall'] as const)(
    'park (%s clock): the task is opened again with growing pauses, warned about, and goes on',
    async (clock) => {
      const ticker = ticking(clock)
      const app = await open(ticker.topology)
      const warnings: LogFields[] = []
      const logger = { ...app.ports.logger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) }
      const one = await app.start('one', { ports: { ...app.ports, logger } })
      await app.send('in', ['a', 'x', 100])
      await app.until(() => ticker.fired >= 4)
      expect(one.state).toBe('running')
      await app.until(() => one.tasks()[0]?.state === 'waiting')
      expect(one.health().problems).toEqual([
        expect.stringMatching(/task 0_0 is waiting: A punctuator failed .*operator ticking.*out of order/),
      ])
      expect(warnings.filter(({ code }) => code === 'task-failed').length).toBeGreaterThan(0)
      expect(one.tasks()[0]?.openings).toBeGreaterThanOrEqual(4)
      ticker.isBroken = false
      await app.until(() => one.health().isHealthy)
      expect(valuesOf(await app.rows('out', 2))).toContain('tick')
      expect(await readDeadLetters(app.broker, 'app')).toEqual([])
    },
  )

  it('park: after 12 openings without progress the instance fails and says what to do', async () => {
    const ticker = ticking('wall')
    const app = await open(ticker.topology)
    const one = await app.start('one')
    const startedAt = app.ports.clock.monotonic()
    const openedAt: number[] = []
    await app.until(() => {
      if (ticker.fired > openedAt.length) openedAt.push(app.ports.clock.monotonic() - startedAt)
      return openedAt.length >= 3
    })
    for (let seconds = 0; seconds < 120 && one.state !== 'failed'; seconds++) await app.pass(1_000)
    expect(one.state).toBe('failed')
    expect(ticker.fired).toBe(12)
    expect(messageOf(one.failure)).toMatch(/Task 0_0 was opened 12 times without progress.*out of order.*Correct the cause and start/)
    const [first = 0, second = 0, third = 0] = openedAt
    expect(third - second).toBeGreaterThan(second - first)
  })

  it('continue: is ignored and counted, and what it did before stays', async () => {
    const ticker = ticking('wall')
    const app = await open(ticker.topology)
    const one = await app.start('one', { errorHandlers: { process: 'continue' } })
    await app.send('in', ['a', 'x'])
    await app.until(() => ticker.fired >= 3)
    expect(one.tasks()[0]).toMatchObject({ openings: 1, drops: { 'punctuator-error': ticker.fired } })
    expect(valuesOf(await app.rows('out', 1))).toEqual(['x'])
    expect(one.health().isHealthy).toBe(true)
  })

  it('fail: fails the instance', async () => {
    const app = await open(ticking('wall').topology)
    const one = await app.start('one', { errorHandlers: { process: 'fail' } })
    await app.until(() => one.state === 'failed')
    expect(messageOf(one.failure)).toMatch(/A punctuator failed .*out of order.*says fail/)
  })
})
