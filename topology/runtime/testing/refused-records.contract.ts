import { describe, expect, it, onTestFinished } from 'vitest'
import {
  Serdes,
  Stores,
  type KeyValueStore,
  type TimeOrderedBuffer,
  type VersionedKeyValueStore,
  type WindowStore,
} from '../../../state/index.ts'
import { createRecordBatchBuilder, type Broker, type Header } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { FatalStreamsError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { ProcessorContext, Record } from '../../processor.ts'
import { override } from '../../testing/override.ts'
import { readDeadLetters, type DeadLetter, type Streams, type StreamsOptions } from '../index.ts'
import { Application } from './application.ts'

const TEXT = { key: Serdes.string, value: Serdes.string }
const SMALL_LIMIT = 4_000
const YEAR_3000 = 32_503_680_000_000

/** How the test waits for a broker that is slower than the embedded one. */
export interface RefusalsUnderTest {
  openBroker(): Promise<Broker>
  readonly times: Partial<StreamsOptions>
}

/** Passes records on; a value such as `20000` becomes as many characters. */
function passing(topic: string | ((record: Record<string, string>) => string) = 'out'): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).mapValues(inflated).to(topic, TEXT)
  return builder.build()
}

function inflated(value: string | null): string {
  return /^\d+$/.test(value ?? '') ? 'x'.repeat(Number(value)) : String(value)
}

/** A record that a topic does not take is its own fault: it goes to the dead letters, and the others go on. */
export function describeRefusedRecords(name: string, { openBroker, times }: RefusalsUnderTest): void {
  async function open(topology: Topology, partitions = 1): Promise<Application> {
    const broker = await openBroker()
    const app = await Application.open({ topology, topics: ['in', 'out'], partitions, broker })
    onTestFinished(() => app.close())
    return app
  }

  const start = (app: Application, instanceId: string, options: Partial<StreamsOptions> = {}): Promise<Streams> =>
    app.start(instanceId, { ...times, ...options })

  async function lettersIn(app: Application, count: number): Promise<readonly DeadLetter[]> {
    const letters = await app.eventually(
      () => readDeadLetters(app.broker, 'app'),
      (seen) => seen.length >= count,
    )
    expect(letters).toHaveLength(count)
    return letters
  }

  async function lengthsIn(app: Application, count: number): Promise<number[]> {
    return (await app.rows('out', count)).map(({ value }) => value?.length ?? -1)
  }

  async function failureOf(app: Application, instance: Streams): Promise<string> {
    await app.until(() => instance.state === 'failed')
    expect(instance.failure).toBeInstanceOf(FatalStreamsError)
    return String(instance.failure)
  }

  describe(`20.B8 on ${name}, a record`, () => {
    it('that is too large for its output is parked, with key, size, limit and topic, and the others of its transaction are committed', async () => {
      const app = await open(passing())
      await app.send('in', ['a', '1'], ['large', '1100000'], ['b', '2'], ['large', '3'])
      const one = await start(app, 'one')
      expect(await lengthsIn(app, 2)).toEqual([1, 2])
      const [letter, behind] = await lettersIn(app, 2)
      expect(letter).toMatchObject({ origin: { offset: 1 }, reason: expect.stringMatching(/^its result cannot be produced: .*"large"/) })
      for (const part of ['1100', '1048588', 'out', 'max.message.bytes']) expect(letter?.reason).toContain(part)
      expect(behind?.origin.offset).toBe(3)
      expect(one.health()).toMatchObject({ isHealthy: true })
    })

    it('that is too large is dropped or fails the instance, as the handler of produce errors says', async () => {
      const app = await open(passing())
      await app.send('in', ['a', '1100000'], ['a', '2'])
      const one = await start(app, 'one', { errorHandlers: { produce: ({ stage }) => (stage === 'produce' ? 'continue' : 'fail') } })
      expect(await lengthsIn(app, 1)).toEqual([2])
      await one.stop()
      await app.send('in', ['a', '1100000'])
      expect(await failureOf(app, await start(app, 'two', { errorHandlers: { produce: 'fail' } }))).toMatch(
        /in-0@.*too large for topic out/s,
      )
    })

    it('and many others go in as many batches as the topic’s limit takes, headers counted', async () => {
      const app = await open(passing())
      await app.broker.admin.alterTopic('out', { 'max.message.bytes': String(SMALL_LIMIT) })
      const headers: readonly Header[] = [{ key: 'trace', value: Buffer.alloc(1_500, 't') }]
      const batch = createRecordBatchBuilder()
      for (let at = 0; at < 60; at++) batch.append(Buffer.from(`${at % 7}`), Buffer.from('1000'), 1, at % 2 === 0 ? headers : [])
      const producer = await app.broker.openProducer({})
      await producer.send('in', 0, batch)
      await producer.commit()
      await start(app, 'one')
      const rows = await app.rows('out', 60)
      expect(rows.map(({ headers: found }) => found.length)).toEqual(Array.from({ length: 60 }, (_, at) => (at + 1) % 2))
      expect(await readDeadLetters(app.broker, 'app')).toEqual([])
    })

    it.each(['exactly_once', 'at_least_once'] as const)(
      'that became too large because the limit was lowered meanwhile is parked after another look at the topic, %s',
      async (guarantee) => {
        const app = await open(passing())
        const one = await start(app, 'one', { guarantee })
        await app.send('in', ['a', '5000'])
        await lengthsIn(app, 1)
        await app.broker.admin.alterTopic('out', { 'max.message.bytes': String(SMALL_LIMIT) })
        await app.send('in', ['b', '5000'], ['c', '3'])
        expect(await lengthsIn(app, 2)).toEqual([5_000, 3])
        expect((await lettersIn(app, 1))[0]?.reason).toContain(String(SMALL_LIMIT))
        expect(one.health()).toMatchObject({ isHealthy: true })
      },
    )

    it('that became too large does not fail the other tasks whose commits the broker refuses with it', async () => {
      const app = await open(passing(), 6)
      const one = await start(app, 'one')
      await app.send('in', ['a', '1'])
      await lengthsIn(app, 1)
      await app.broker.admin.alterTopic('out', { 'max.message.bytes': String(SMALL_LIMIT) })
      const keys = Array.from({ length: 40 }, (_, at) => `key ${at}`)
      await app.send('in', ...keys.map((key, at) => [key, at % 8 === 0 ? '5000' : '10'] as const))
      expect((await lengthsIn(app, 36)).filter((length) => length > 10)).toEqual([])
      expect((await lettersIn(app, 5)).map(({ key }) => Buffer.from(key ?? []).toString()).toSorted()).toEqual(
        keys.filter((_, at) => at % 8 === 0).toSorted(),
      )
      expect(one.state).toBe('running')
    })

    it('that the broker refuses although it fits what can be known of the topic fails the instance, with advice', async () => {
      const app = await open(passing())
      await app.broker.admin.alterTopic('out', { 'max.message.bytes': String(SMALL_LIMIT) })
      // As for a principal that may not read the topic's configuration.
      const { admin } = app.broker
      const defaults = { maxMessageBytes: 1_048_588, needsKeys: false, timestampBeforeMaxMs: Infinity, timestampAfterMaxMs: Infinity }
      const blind = override(admin, {
        describeTopics: async (names) => (await admin.describeTopics(names)).map((topic) => ({ ...topic, limits: defaults })),
      })
      await app.send('in', ['b', '5000'])
      const message = await failureOf(app, await start(app, 'one', { broker: override(app.broker, { admin: blind }) }))
      expect(message).toMatch(/Task 0_0 cannot commit: .*out.*DescribeConfigs/s)
      expect(await app.read('out')).toEqual([])
    })

    it.each(['keyValue', 'window', 'versioned', 'timeOrdered'] as const)(
      'whose row is too large for the changelog of a %s store is parked, and the store is as before, also after a restart',
      async (kind) => {
        const app = await open(storing(kind))
        const one = await start(app, 'one')
        await app.send('in', ['a', '10'])
        await lengthsIn(app, 1)
        await app.send('in', ['a', '1100000'], ['b', '2'])
        await lengthsIn(app, 2)
        const [letter] = await lettersIn(app, 1)
        for (const part of ['store rows', 'app-rows-changelog', '1048588', 'a']) expect(letter?.reason).toContain(part)
        expect(one.health()).toMatchObject({ isHealthy: true })
        await one.stop()
        await start(app, 'two')
        await app.send('in', ['c', '3'])
        expect((await app.rows('out', 3)).map(({ value }) => value)).toEqual(['10', '2', '3'])
      },
    )

    it('that fails and is as large as its topic takes becomes a dead letter, byte for byte', async () => {
      const app = await open(failing())
      const value = 'v'.repeat(1_048_588 - 80)
      await app.send('in', ['k', value])
      const one = await start(app, 'one')
      const [letter] = await lettersIn(app, 1)
      expect(Buffer.from(letter?.value ?? []).toString() === value).toBe(true)
      expect(letter?.stack).toContain('Error')
      expect(one.state).toBe('running')
    })

    it('whose dead letter would be too large loses its stack first, and what else a redrive can do without', async () => {
      const app = await open(failing())
      await createLetters(app, SMALL_LIMIT)
      await app.send('in', ['short', 'x'], ['long', 'x'.repeat(SMALL_LIMIT - 900)], ['longer', 'x'.repeat(SMALL_LIMIT - 400)])
      await start(app, 'one')
      const letters = await lettersIn(app, 3)
      expect(letters.map(({ stack }) => stack === undefined)).toEqual([false, expect.any(Boolean), true])
      expect(letters[1]?.stack?.length ?? 0).toBeLessThan(letters[0]?.stack?.length ?? 0)
      expect(letters.map(({ value }) => value?.length)).toEqual([1, SMALL_LIMIT - 900, SMALL_LIMIT - 400])
      expect(letters.map(({ origin }) => origin.offset)).toEqual([0, 1, 2])
    })

    it('that does not even fit the dead letters fails the instance, which names their topic', async () => {
      const app = await open(failing())
      await createLetters(app, SMALL_LIMIT)
      await app.send('in', ['k', 'x'.repeat(SMALL_LIMIT)])
      const one = await start(app, 'one')
      await app.until(() => one.state === 'failed')
      expect(String(one.failure)).toMatch(/"k".*app-dead-letters.*max\.message\.bytes is 4000/s)
    })

    it('with a very long key is parked like others, and so are later ones of its key', async () => {
      const app = await open(failing())
      const key = 'k'.repeat(1_048_588 - 90)
      await app.send('in', [key, ''], [key, ''], ['other', ''])
      await start(app, 'one')
      expect((await lettersIn(app, 3)).map(({ place }) => place?.sequence)).toEqual([0, 1, 0])
    })

    it.each(['', 'no topic', '..', 'ä', 'x'.repeat(250)])(
      'whose sink chooses the topic "%s" is parked, because none can have that name',
      async (topic) => {
        const app = await open(passing(({ key }) => (key === 'bad' ? topic : 'out')))
        await app.send('in', ['bad', '1'], ['good', '2'])
        const one = await start(app, 'one')
        expect(await lengthsIn(app, 1)).toEqual([2])
        expect((await lettersIn(app, 1))[0]?.reason).toMatch(/^its result cannot be produced: .*no topic can have this name/)
        expect(one.health()).toMatchObject({ isHealthy: true })
      },
    )

    it('whose sink chooses a partition that the topic does not have is parked', async () => {
      const builder = new StreamsBuilder()
      builder.stream('in', TEXT).to('out', { ...TEXT, partitioner: (_topic, key) => (key === 'bad' ? 7 : 0) })
      const app = await open(builder.build())
      await app.send('in', ['bad', 'x'], ['good', 'xx'])
      await start(app, 'one')
      expect(await lengthsIn(app, 1)).toEqual([2])
      expect((await lettersIn(app, 1))[0]?.reason).toContain('partition 7 of topic out')
    })

    it('without a key for a compacted output, or from the far future, is parked', async () => {
      const app = await open(timestamping())
      await app.broker.admin.alterTopic('out', { 'cleanup.policy': 'compact' })
      await app.send('in', ['no key', 'x'], ['future', 'x'], ['good', 'xx'])
      const one = await start(app, 'one')
      expect(await lengthsIn(app, 1)).toEqual([2])
      const reasons = (await lettersIn(app, 2)).map(({ reason }) => reason)
      expect(reasons).toEqual([expect.stringContaining('compacted'), expect.stringContaining('message.timestamp.after.max.ms')])
      expect(one.health()).toMatchObject({ isHealthy: true })
    })

    it('can be written nowhere if a fixed output is missing: the start says so at once and names it', async () => {
      const app = await open(passing('results'))
      await expect(start(app, 'one')).rejects.toThrow(/Output topics are missing: results\./)
      await app.broker.admin.createTopics([{ name: 'results', partitions: 1 }])
      const dropped = start(app, 'two', { errorHandlers: { process: 'continue', droppedRecordsTopic: 'dropped records' } })
      await expect(dropped).rejects.toThrow(/"dropped records" \(no topic can have this name/)
      await expect(dropped).rejects.toBeInstanceOf(FatalStreamsError)
      await start(app, 'three')
      await app.send('in', ['a', '1'])
      expect(await app.rows('results', 1)).toHaveLength(1)
    })
  })
}

async function createLetters(app: Application, maxMessageBytes: number): Promise<void> {
  await app.broker.admin.createTopics([
    { name: 'app-dead-letters', partitions: 1, config: { 'retention.ms': '-1', 'max.message.bytes': String(maxMessageBytes) } },
  ])
}

function failing(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .mapValues((): string => {
      throw new Error('never works')
    })
    .to('out', TEXT)
  return builder.build()
}

/** Drops the key of `no key`, and dates `future` to the far future. */
function timestamping(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .process(
      (context: ProcessorContext<string | null, string>) => ({
        process: (record: Record<string, string>) =>
          context.forward({
            ...record,
            key: record.key === 'no key' ? null : record.key,
            timestamp: record.key === 'future' ? YEAR_3000 : record.timestamp,
          }),
      }),
      { name: 'timestamping' },
    )
    .to('out', TEXT)
  return builder.build()
}

/** Puts the inflated value into a store of the kind, and passes the value on as it was. */
function storing(kind: 'keyValue' | 'window' | 'versioned' | 'timeOrdered'): Topology {
  const spec = {
    keyValue: () => Stores.keyValue({ name: 'rows', ...TEXT }),
    window: () => Stores.window({ name: 'rows', ...TEXT, windowSizeMs: 10, retentionMs: 1_000 }),
    versioned: () => Stores.versioned({ name: 'rows', ...TEXT, historyMs: 1_000 }),
    timeOrdered: () => Stores.timeOrdered({ name: 'rows', ...TEXT }),
  }[kind]()
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .process(
      (context: ProcessorContext<string, string>) => {
        const put = putInto(kind, context)
        return {
          process: (record: Record<string, string>) => {
            put(String(record.key), inflated(record.value), record.timestamp)
            context.forward(record)
          },
        }
      },
      { name: 'storing', stores: [spec] },
    )
    .to('out', TEXT)
  return builder.build()
}

function putInto(
  kind: 'keyValue' | 'window' | 'versioned' | 'timeOrdered',
  context: ProcessorContext<string, string>,
): (key: string, value: string, timestamp: number) => void {
  switch (kind) {
    case 'keyValue': {
      const store = context.store<KeyValueStore<string, string>>('rows')
      return (key, value) => store.put(key, value)
    }
    case 'window': {
      const store = context.store<WindowStore<string, string>>('rows')
      return (key, value, timestamp) => store.put(key, value, timestamp, timestamp)
    }
    case 'versioned': {
      const store = context.store<VersionedKeyValueStore<string, string>>('rows')
      return (key, value, timestamp) => void store.put(key, value, timestamp)
    }
    case 'timeOrdered': {
      const store = context.store<TimeOrderedBuffer<string, string>>('rows')
      return (key, value, timestamp) => store.put(timestamp, key, value, timestamp)
    }
  }
}
