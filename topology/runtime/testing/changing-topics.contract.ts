import { describe, expect, it, onTestFinished } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { createRecordBatchBuilder, FatalBrokerError, partitionOf, RetriableBrokerError, type Broker } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { LogFields } from '../../ports.ts'
import { override } from '../../testing/override.ts'
import { memoryTaskStorages, Streams, type StreamsOptions } from '../index.ts'
import { Application } from './application.ts'
import { counting } from './counting.ts'
import { tasksIn } from './tasks-in.ts'

export interface ChangingTopicsOptions {
  /** An empty broker, which the application closes. */
  openBroker(): Promise<Broker>
  /** What an instance is given of it. */
  seenByInstance?(broker: Broker): Broker
  readonly times?: Partial<StreamsOptions>
}

const TEXT = { key: Serdes.string, value: Serdes.string }
const PARTITIONS = 2
const SOON = { metadataMaxAgeMs: 100 }
const NEVER = { metadataMaxAgeMs: 3_600_000 }
const POLLING = { timeout: 25_000, interval: 20 }

/** What an instance does when its topics grow, vanish or are replaced; the same on every broker. */
export function describeChangingTopics(
  name: string,
  { openBroker, seenByInstance = (broker) => broker, times }: ChangingTopicsOptions,
): void {
  async function open(topology: Topology, ...topics: readonly string[]): Promise<Application> {
    const app = await Application.open({ topology, topics, partitions: PARTITIONS, broker: await openBroker() })
    onTestFinished(() => app.close())
    return app
  }

  /** Repeats the start, as an operator would, while the broker does not answer. */
  async function start(app: Application, instanceId: string, options: Partial<StreamsOptions> = {}): Promise<Streams> {
    for (;;) {
      try {
        return await app.start(instanceId, { broker: seenByInstance(app.broker), ...times, ...options })
      } catch (error) {
        if (!(error instanceof RetriableBrokerError)) throw error
      }
    }
  }

  /** Of an instance that fails during its start or soon after. */
  async function failureOfStart(app: Application, options: Partial<StreamsOptions> = {}): Promise<string> {
    let failure: unknown
    const streams = await start(app, 'again', options).catch((error: unknown) => void (failure = error))
    if (streams === undefined) return String(failure)
    await expect.poll(() => streams.state, POLLING).toBe('failed')
    await streams.stop()
    return String(streams.failure)
  }

  const failed = async (streams: Streams): Promise<string> => {
    await expect.poll(() => streams.state, POLLING).toBe('failed')
    return String(streams.failure)
  }

  const running = (...instances: readonly Streams[]): string[] => instances.flatMap((streams) => tasksIn(streams, 'running')).toSorted()

  const valuesOf = async (app: Application, topic: string): Promise<(string | null)[]> =>
    (await app.read(topic)).map(({ value }) => value).toSorted()

  describe(`20.C10 topics that change, on ${name}`, () => {
    it.each([
      ['one', SOON, NEVER],
      ['two', NEVER, SOON],
    ])('input that grows gets tasks without a restart, if only instance %s looks', async (_, ofOne, ofTwo) => {
      const app = await open(passing(), 'in', 'out')
      const one = await start(app, 'one', ofOne)
      await expect.poll(() => running(one), POLLING).toEqual(['0_0', '0_1'])
      const two = await start(app, 'two', ofTwo)
      await expect.poll(() => [running(one).length, running(two).length], POLLING).toEqual([1, 1])
      await sendTo(app, 'in', 0, 'before')
      await app.broker.admin.createPartitions('in', 5)
      for (let partition = 0; partition < 5; partition++) await sendTo(app, 'in', partition, `to ${partition}`)
      await expect.poll(() => running(one, two), POLLING).toEqual(['0_0', '0_1', '0_2', '0_3', '0_4'])
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['before', 'to 0', 'to 1', 'to 2', 'to 3', 'to 4'])
      const [parked] = await app.broker.admin.describeTopics(['app-parked-keys-0-changelog'])
      expect(parked?.partitions).toBe(5)
      await app.until(() => one.state === 'running' && two.state === 'running') // the rebalance may still be under way
    })

    it('a task takes partitions that the smaller of its topics gets, although there are no more tasks', async () => {
      const app = await open(merging(), 'in', 'late', 'out')
      await app.broker.admin.createPartitions('in', 4)
      const one = await start(app, 'one', SOON)
      await expect.poll(() => running(one).length, POLLING).toBe(4)
      await app.broker.admin.createPartitions('late', 4)
      await sendTo(app, 'late', 3, 'late')
      await sendTo(app, 'in', 3, 'in')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['in', 'late'])
    })

    it('a look that fails after it has seen that input has grown is made up for by the next one', async () => {
      const app = await open(passing(), 'in', 'out')
      let failures = 0
      const admin = override(app.broker.admin, {
        createPartitions: async (topic, count) => {
          if (failures++ === 0) throw new RetriableBrokerError('The controller is moving.')
          await app.broker.admin.createPartitions(topic, count)
        },
      })
      const one = await start(app, 'one', { ...SOON, broker: override(app.broker, { admin }) })
      await expect.poll(() => running(one).length, POLLING).toBe(PARTITIONS)
      await app.broker.admin.createPartitions('in', 3)
      await sendTo(app, 'in', 2, 'new')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['new'])
      expect(failures).toBeGreaterThan(1)
    })

    it('input that grows while an instance joins for the first time gets tasks', async () => {
      const app = await open(passing(), 'in', 'out')
      let hasGrown = false
      const groups = override(app.broker.groups, {
        sync: async (request) => {
          if (!hasGrown) await app.broker.admin.createPartitions('in', 3)
          hasGrown = true
          await expect
            .poll(async () => (await app.broker.admin.describeTopics(['app-parked-keys-0-changelog']))[0]?.partitions, POLLING)
            .toBe(3)
          return app.broker.groups.sync(request)
        },
      })
      await start(app, 'one', { ...SOON, broker: override(app.broker, { groups }) })
      await expect.poll(() => hasGrown, POLLING).toBe(true)
      await sendTo(app, 'in', 2, 'new')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['new'])
    })

    it('input that grew while all instances were down gets tasks at the start', async () => {
      const app = await open(passing(), 'in', 'out')
      const one = await start(app, 'one')
      await sendTo(app, 'in', 1, 'before')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['before'])
      await one.stop()
      await app.broker.admin.createPartitions('in', 3)
      await sendTo(app, 'in', 2, 'new')
      await start(app, 'two')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['before', 'new'])
    })

    it('a stateful sub-topology cannot follow: the instance fails and says which topic, how many partitions, and what to do', async () => {
      const app = await open(counting(), 'in', 'out')
      const one = await start(app, 'one', SOON)
      await sendTo(app, 'in', 0, 'x')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await app.broker.admin.createPartitions('in', 4)
      await sendTo(app, 'in', 3, 'x')
      const advice = /in of sub-topology 0 has 4 partitions instead of 2.*changelog app-counts-changelog has 2.*reset the application/
      expect(await failed(one)).toMatch(advice)
      await one.stop()
      expect(await failureOfStart(app)).toMatch(advice)
      expect(await valuesOf(app, 'out')).toEqual(['1'])
    })

    it('a stateful sub-topology behind a repartition topic keeps its tasks while the one before it grows', async () => {
      const app = await open(repartitioning(), 'in', 'out')
      const one = await start(app, 'one', SOON)
      await expect.poll(() => running(one).length, POLLING).toBe(4)
      await app.broker.admin.createPartitions('in', 3)
      await sendTo(app, 'in', 0, 'x')
      await sendTo(app, 'in', 2, 'x')
      await expect.poll(() => running(one), POLLING).toEqual(['0_0', '0_1', '0_2', '1_0', '1_1'])
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1', '2'])
    })

    it('the default partitioner uses the new partitions of an output topic', async () => {
      const app = await open(passing(), 'in', 'out')
      const one = await start(app, 'one', SOON)
      await expect.poll(() => running(one).length, POLLING).toBe(PARTITIONS)
      await app.broker.admin.createPartitions('out', 16)
      const key = ['a', 'b', 'c', 'd', 'e'].find((candidate) => partitionOf(Buffer.from(candidate), 16) >= PARTITIONS) ?? ''
      let sent = 0
      await expect
        .poll(async () => {
          await sendTo(app, 'in', 0, String(sent++), key)
          return (await app.read('out')).some(({ partition }) => partition === partitionOf(Buffer.from(key), 16))
        }, POLLING)
        .toBe(true)
    })

    it('a global table reads the new partitions of its topic', async () => {
      const app = await open(enriching(), 'in', 'names', 'out')
      await app.send('names', ['a', 'Anne', app.ports.clock.now()])
      const one = await start(app, 'one', SOON)
      await expect.poll(() => running(one).length, POLLING).toBe(PARTITIONS)
      await app.broker.admin.createPartitions('names', 3)
      await sendTo(app, 'names', 2, 'Bea', 'b')
      await expect.poll(() => one.queries.keyValue<string, string>('names').get('b'), POLLING).toMatchObject({ value: 'Bea' })
      await app.send('in', ['b', 'x', app.ports.clock.now()])
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['Bea'])
    })

    it.each([
      ['stateless', passing],
      ['stateful', counting],
    ])('input of a %s task that is deleted and created again is not read', async (_, topology) => {
      const app = await open(topology(), 'in', 'out')
      const one = await start(app, 'one', NEVER)
      await sendTo(app, 'in', 0, '1')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await recreate(app, 'in')
      for (let record = 0; record < 9; record++) await sendTo(app, 'in', 0, 'of another topic', `key ${record}`)
      expect(await failed(one)).toMatch(/in was deleted( and created again|\. ).*reset the application/)
      expect(await valuesOf(app, 'out')).toEqual(['1'])
    })

    it.each([
      ['stateless', passing],
      ['stateful', counting],
    ])('input of a %s task that was created again while all instances were down is noticed, also on an empty disk', async (_, topology) => {
      const app = await open(topology(), 'in', 'out')
      const one = await start(app, 'one')
      await sendTo(app, 'in', 0, '1')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await one.stop()
      await recreate(app, 'in')
      await sendTo(app, 'in', 0, 'of another topic')
      expect(await failureOfStart(app)).toMatch(/Topic in was deleted and created again: it has id .*reset the application/)
      expect(await valuesOf(app, 'out')).toEqual(['1'])
    })

    it('a changelog that was created again while all instances were down is not taken for an empty store', async () => {
      const app = await open(counting(), 'in', 'out')
      const storages = memoryTaskStorages()
      const one = await start(app, 'one', { storages })
      await sendTo(app, 'in', 0, 'x')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await one.stop()
      await recreate(app, 'app-counts-changelog')
      expect(await failureOfStart(app, { storages })).toMatch(/app-counts-changelog was deleted and created again.*reset/)
      await sendTo(app, 'in', 0, 'x')
      expect(await failureOfStart(app)).toMatch(/app-counts-changelog was deleted and created again.*reset/)
      expect(await valuesOf(app, 'out')).toEqual(['1'])
    })

    const INTERNAL = ['app-counts-changelog', 'app-by-value-repartition', 'app-dead-letters', 'app-parked-keys-0-changelog']

    it.each(INTERNAL)('%s is deleted: the instance fails with advice and few warnings', async (topic) => {
      const app = await open(repartitioning(), 'in', 'out')
      const warnings: (LogFields | undefined)[] = []
      const logger = { ...app.ports.logger, warn: (_: string, fields?: LogFields) => void warnings.push(fields) }
      const one = await start(app, 'one', { ...SOON, ports: { ...app.ports, logger } })
      await sendTo(app, 'in', 0, 'x')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      warnings.length = 0
      await app.broker.admin.deleteTopics([topic])
      expect(await failed(one)).toMatch(new RegExp(`Internal topic ${topic} was deleted.*reset the application`))
      expect(one.tasks().filter(({ state }) => state === 'running')).toEqual([])
      expect(warnings.length).toBeLessThan(20)
      expect(await app.broker.admin.describeTopics([topic])).toEqual([])
    })

    it.each(INTERNAL)('%s is deleted while all instances are down: it is not created again', async (topic) => {
      const app = await open(repartitioning(), 'in', 'out')
      const one = await start(app, 'one')
      await sendTo(app, 'in', 0, 'x')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await one.stop()
      await app.broker.admin.deleteTopics([topic])
      expect(await failureOfStart(app)).toMatch(new RegExp(`Internal topic ${topic} does not exist.*was deleted.*reset the application`))
      expect(await app.broker.admin.describeTopics([topic])).toEqual([])
    })

    it('all internal topics are deleted while all instances are down: none is created again', async () => {
      const app = await open(repartitioning(), 'in', 'out')
      const one = await start(app, 'one')
      await sendTo(app, 'in', 0, 'x')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      await one.stop()
      const internal = [...INTERNAL, 'app-parked-keys-1-changelog']
      await app.broker.admin.deleteTopics(internal)
      expect(await failureOfStart(app)).toMatch(/Internal topic app-\S+ does not exist.*was deleted.*reset the application/)
      expect(await app.broker.admin.describeTopics(internal)).toEqual([])
    })

    it('a first start from offsets that were set by hand creates the internal topics', async () => {
      const app = await open(counting(), 'in', 'out')
      await sendTo(app, 'in', 0, 'skipped')
      await sendTo(app, 'in', 0, 'x')
      await app.broker.admin.alterOffsets('app', [{ topic: 'in', partition: 0, offset: 1 }])
      await start(app, 'one')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
      expect((await app.read('out')).map(({ key }) => key)).toEqual(['x'])
    })

    it('an internal topic that was never used is created, also if others exist', async () => {
      const app = await open(repartitioning(), 'in', 'out')
      const one = await start(app, 'one')
      await expect.poll(() => running(one).length, POLLING).toBe(4)
      await one.stop()
      await app.broker.admin.deleteTopics(['app-counts-changelog'])
      await sendTo(app, 'in', 0, 'x')
      await start(app, 'two')
      await expect.poll(() => valuesOf(app, 'out'), POLLING).toEqual(['1'])
    })

    it('a source topic is deleted: the instance fails with advice', async () => {
      const app = await open(passing(), 'in', 'out')
      const one = await start(app, 'one', SOON)
      await expect.poll(() => running(one).length, POLLING).toBe(PARTITIONS)
      await app.broker.admin.deleteTopics(['in'])
      expect(await failed(one)).toMatch(/Source topic in was deleted\. .*reset the application/)
    })
  })

  describe(`20.C13 what an instance asks for, on ${name}`, () => {
    it('are the topics that it uses, and the settings of those that it writes, by name', async () => {
      const app = await open(repartitioning(), 'in', 'out', 'foreign')
      const described: { readonly names: readonly string[] | undefined; readonly withConfig: boolean }[] = []
      const admin = override(app.broker.admin, {
        describeTopics: (names, options) => {
          described.push({ names, withConfig: options?.withoutConfig !== true })
          return app.broker.admin.describeTopics(names, options)
        },
      })
      const one = await app.start('one', { ...times, ...SOON, broker: override(app.broker, { admin }) })
      await expect.poll(() => running(one).length, POLLING).toBe(4)
      described.length = 0
      await expect.poll(() => described.length, POLLING).toBeGreaterThan(1)
      await one.stop()
      const two = await app.start('two', { ...times, broker: override(app.broker, { admin }) })
      await two.stop()
      expect(described.map(({ names }) => names)).not.toContain(undefined)
      expect(described.flatMap(({ names = [] }) => names)).not.toContain('foreign')
      const withConfig = described.filter((request) => request.withConfig).flatMap(({ names = [] }) => names)
      const parked = ['app-parked-keys-0-changelog', 'app-parked-keys-1-changelog']
      const own = ['app-by-value-repartition', 'app-counts-changelog', 'app-dead-letters', ...parked, 'out']
      expect([...new Set(withConfig)].toSorted()).toEqual(own)
    })

    it('an error of a start that no repetition can help leaves the instance failed', async () => {
      const app = await open(passing(), 'in', 'out')
      const admin = override(app.broker.admin, {
        describeTopics: () => Promise.reject(new FatalBrokerError('Principal lacks READ on topic in')),
      })
      const streams = new Streams({
        topology: passing(),
        applicationId: 'app',
        instanceId: 'one',
        broker: override(app.broker, { admin }),
        ports: app.ports,
        storages: memoryTaskStorages(),
      })
      await expect(streams.start()).rejects.toThrow(/lacks READ on topic in/)
      expect(streams.state).toBe('failed')
      expect(streams.health().problems.join()).toMatch(/lacks READ on topic in/)
      await streams.stop()
    })
  })
}

async function recreate(app: Application, topic: string): Promise<void> {
  const [{ config = {}, partitions = 1 } = {}] = await app.broker.admin.describeTopics([topic])
  await app.broker.admin.deleteTopics([topic])
  await app.broker.admin.createTopics([{ name: topic, partitions, config }])
}

async function sendTo(app: Application, topic: string, partition: number, value: string, key = value): Promise<void> {
  const producer = await app.broker.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(Buffer.from(key), Buffer.from(value), app.ports.clock.now()) // Kafka's retention deletes older ones
  await producer.send(topic, partition, batch)
  await producer.commit()
  await producer.close()
}

function passing(): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).to('out', TEXT)
  return builder.build()
}

function merging(): Topology {
  const builder = new StreamsBuilder()
  builder.stream('in', TEXT).merge(builder.stream('late', TEXT), { name: 'both' }).to('out', TEXT)
  return builder.build()
}

function repartitioning(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', TEXT)
    .groupBy((value) => value, { name: 'by-value', key: Serdes.string })
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', TEXT)
  return builder.build()
}

function enriching(): Topology {
  const builder = new StreamsBuilder()
  const names = builder.globalTable('names', { ...TEXT, name: 'names' })
  builder
    .stream('in', TEXT)
    .joinGlobalTable(
      names,
      (_, key) => key,
      (_, found) => found,
      { name: 'with-name', value: Serdes.string },
    )
    .to('out', TEXT)
  return builder.build()
}
