import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes, Stores, type KeyValueStore, type Serde } from '../../../state/index.ts'
import { RetriableBrokerError, type Broker } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { LogFields, Ports } from '../../ports.ts'
import type { ProcessorSupplier } from '../../processor.ts'
import { systemPorts } from '../../system-ports.ts'
import {
  skipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
  type TimestampExtractor,
} from '../../timestamp-extractors.ts'
import { override } from '../../testing/override.ts'
import { memoryTaskStorages, redriveDeadLetters, Streams, type StreamsOptions } from '../index.ts'
import { Application } from './application.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

/** Values that are no timestamps, by the text that asks for them. */
const NO_TIMESTAMPS: Readonly<{ [name: string]: unknown }> = {
  nan: NaN,
  infinity: Infinity,
  fraction: 1.5,
  huge: 1e300,
  undefined: undefined,
  null: null,
  bigint: 10n,
  text: '10',
}
const OPTIONS = { applicationId: 'app', storages: memoryTaskStorages(), sessionTimeoutMs: 400, heartbeatIntervalMs: 20 }

const timestampFor = (value: unknown): number =>
  Object.hasOwn(NO_TIMESTAMPS, String(value)) ? (NO_TIMESTAMPS[String(value)] as number) : 7

/** What an instance does with the data of a real topic, on any broker. `times` are the options for its sessions. */
export function describeRealData(openBroker: (ports: Ports) => Promise<Broker | undefined>, times: Partial<StreamsOptions> = {}): void {
  let app: Application | undefined
  let warnings: { message: string; fields: LogFields | undefined }[]
  let ports: Ports

  beforeEach(() => {
    warnings = []
    const warn = (message: string, fields?: LogFields): void => void warnings.push({ message, fields })
    ports = systemPorts({ debug: () => undefined, info: () => undefined, warn, error: warn })
  })

  afterEach(async () => {
    await app?.close()
    app = undefined
  })

  const open = async (describeTopology: (builder: StreamsBuilder) => void, topics = ['in', 'out']): Promise<Application> => {
    const builder = new StreamsBuilder()
    describeTopology(builder)
    const broker = await openBroker(ports)
    return (app = await Application.open({ topology: builder.build(), topics, ...(broker && { broker }) }))
  }
  const start = (name: string, options: Partial<StreamsOptions> = {}): Promise<Streams> =>
    (app as Application).start(name, { ports, ...times, ...options })
  const valuesOf = async (application: Application, count: number): Promise<(string | null)[]> =>
    (await application.rows('out', count)).map(({ value }) => value)
  const dropsOf = (instance: Streams): unknown => instance.tasks()[0]?.drops

  describe('20.B5 a timestamp', () => {
    it('that is none makes the record unreadable if an extractor returns it, and the task goes on', async () => {
      const application = await open((builder) =>
        builder.stream('in', { ...text, timestampExtractor: ({ value }) => timestampFor(value) }).to('out', text),
      )
      const one = await start('one')
      const names = Object.keys(NO_TIMESTAMPS)
      await application.send('in', ...names.map((name) => [name, name] as const), ['good', 'good'])
      expect(await application.rows('out', 1)).toMatchObject([{ value: 'good', timestamp: 7 }])
      expect(await application.rows('app-dead-letters', names.length)).toHaveLength(names.length)
      await application.until(() => one.tasks()[0]?.lag === 0 && one.health().isHealthy)
    })

    it('that is negative drops the record if an extractor returns it, with a reason code', async () => {
      const application = await open((builder) =>
        builder.stream('in', { ...text, timestampExtractor: ({ value }) => (value === 'bad' ? -5 : 7) }).to('out', text),
      )
      const one = await start('one')
      await application.send('in', ['a', 'bad'], ['a', 'good'], ['b', 'bad'])
      expect(await valuesOf(application, 1)).toEqual(['good'])
      await application.until(() => one.tasks()[0]?.lag === 0)
      expect(dropsOf(one)).toEqual({ 'negative-timestamp': 2 })
      expect(await application.read('app-dead-letters')).toEqual([])
      expect(warnings).toMatchObject([{ fields: { code: 'record-dropped', reason: 'negative-timestamp', record: 'in-0@0' } }])
    })

    it('that is negative drops a redriven record, too, and the records behind it go on', async () => {
      let isBroken = true
      const application = await open((builder) =>
        builder
          .stream('in', { ...text, timestampExtractor: ({ value }) => (value === 'poison' && !isBroken ? -1 : 7) })
          .peek((value) => {
            if (value === 'poison') throw new Error('cannot swallow this')
          })
          .to('out', text),
      )
      const one = await start('one')
      await application.send('in', ['a', 'poison'], ['a', 'next'])
      await application.rows('app-dead-letters', 2)
      await application.until(() => one.tasks()[0]?.lag === 0)
      isBroken = false
      await redriveDeadLetters({ broker: application.broker, applicationId: 'app' })
      expect(await valuesOf(application, 1)).toEqual(['next'])
      await application.until(() => one.tasks()[0]?.drops['negative-timestamp'] === 1)
    })

    it('that a processor forwards or puts into a store is refused as the record’s fault', async () => {
      const sender: ProcessorSupplier<string | null, string | null, string, string> = (context) => {
        const rows = context.store<KeyValueStore<string, string>>('rows')
        return {
          process: ({ key, value }) => {
            const timestamp = timestampFor(value)
            if (key === 'put') rows.put('row', 'v', timestamp)
            else context.forward({ key: 'k', value: value ?? '', timestamp })
          },
        }
      }
      const application = await open((builder) => {
        builder.addStateStore(Stores.keyValue({ name: 'rows', ...text, timestamped: true }))
        builder
          .stream('in', text)
          .process(sender, { name: 'sender', stores: ['rows'], ...text })
          .to('out')
      })
      const one = await start('one')
      const names = Object.keys(NO_TIMESTAMPS)
      await application.send('in', ...names.map((name) => [`forward ${name}`, name] as const), ['put', 'fraction'], ['good', 'good'])
      expect(await application.rows('out', 1)).toMatchObject([{ value: 'good', timestamp: 7 }])
      const letters = await application.rows('app-dead-letters', names.length + 1)
      expect(letters).toHaveLength(names.length + 1)
      await application.until(() => one.tasks()[0]?.lag === 0 && one.health().isHealthy)
    })

    it('that a punctuator forwards fails the punctuator', async () => {
      const application = await open((builder) => {
        const ticking: ProcessorSupplier<string | null, string | null, string, string> = (context) => {
          context.schedule({ intervalMs: 5, clock: 'stream' }, () => context.forward({ key: 'k', value: 'tick', timestamp: 1.5 }))
          return { process: ({ timestamp }) => context.forward({ key: 'k', value: 'record', timestamp }) }
        }
        builder
          .stream('in', text)
          .process(ticking, { name: 'ticking', ...text })
          .to('out')
      })
      const one = await start('one', { errorHandlers: { process: 'continue' } })
      await application.send('in', ['a', '1', 10])
      expect(await application.rows('out', 1)).toMatchObject([{ value: 'record', timestamp: 10 }])
      await application.until(() => one.tasks()[0]?.lag === 0)
      expect(dropsOf(one)).toEqual({ 'punctuator-error': 1 })
    })

    it('that no producer gave is the extractor’s affair: unreadable, skipped, the partition time, or the time of reading', async () => {
      const extractors: Readonly<{ [topic: string]: TimestampExtractor | undefined }> = {
        failing: undefined,
        skipping: skipOnInvalidTimestamp,
        partition: usePartitionTimeOnInvalidTimestamp,
        wallclock: wallclockTimestamp,
      }
      const application = await open(
        (builder) => {
          for (const [topic, timestampExtractor] of Object.entries(extractors))
            builder.stream(topic, { ...text, ...(timestampExtractor && { timestampExtractor }) }).to(`${topic}-out`, text)
        },
        Object.keys(extractors).flatMap((topic) => [topic, `${topic}-out`]),
      )
      const before = ports.clock.now()
      const one = await start('one')
      for (const topic of Object.keys(extractors))
        await application.send(topic, ['early', '1', -1], ['a', '2', 5], ['b', '3', -1], ['c', '4', 6])
      const timestamps = async (topic: string, count: number): Promise<unknown> =>
        (await application.rows(`${topic}-out`, count)).map(({ timestamp }) => timestamp)
      expect(await timestamps('failing', 2)).toEqual([5, 6])
      expect(await timestamps('skipping', 2)).toEqual([5, 6])
      expect(await timestamps('partition', 3)).toEqual([5, 5, 6])
      const read = (await application.rows('wallclock-out', 4)).map(({ timestamp }) => timestamp)
      expect(read.every((timestamp) => timestamp >= before && timestamp <= ports.clock.now())).toBe(true)
      expect(await application.rows('app-dead-letters', 3)).toHaveLength(3)
      expect(
        one
          .tasks()
          .map(({ drops }) => drops['negative-timestamp'] ?? 0)
          .toSorted(),
      ).toEqual([0, 0, 0, 2])
    })

    it('reaches the extractor with the partition time, which outlives the instance', async () => {
      const seen: number[] = []
      const application = await open((builder) =>
        builder
          .stream('in', {
            ...text,
            timestampExtractor: ({ timestamp }, partitionTime) => {
              seen.push(partitionTime)
              return timestamp
            },
          })
          .to('out', text),
      )
      const one = await start('one')
      await application.send('in', ['a', '1', 30], ['a', '2', 10], ['a', '3', 20])
      await application.rows('out', 3)
      await one.stop()
      expect(seen).toEqual([-1, 30, 30])
      await start('two')
      await application.send('in', ['a', '4', 40], ['a', '5', 50])
      await application.rows('out', 5)
      expect(seen.slice(3)).toEqual([30, 40])
    })
  })

  describe('20.B9 a global table', () => {
    /** A schema registry in small: the text that it refuses can never be read, and `later` not before the test says so. */
    class Registry {
      isUp = true
      requests = 0
      readonly serde: Serde<string> = {
        serialize: (value) => Serdes.string.serialize(value),
        deserialize: (bytes) => {
          const value = Serdes.string.deserialize(bytes)
          if (value.startsWith('bad')) JSON.parse(value)
          if (value === 'later' && !this.isUp) {
            this.requests++
            throw Object.assign(new Error('Schema 7 is not known yet.'), {
              ready: Promise.reject(new Error('The registry does not answer.')),
            })
          }
          return value
        },
      }
    }

    const joining = (registry: Registry, timestampExtractor?: TimestampExtractor) =>
      open(
        (builder) => {
          const table = builder.globalTable('global', {
            name: 'rows',
            key: registry.serde,
            value: registry.serde,
            ...(timestampExtractor && { timestampExtractor }),
          })
          builder
            .stream('in', text)
            .leftJoinGlobalTable(
              table,
              (_value, key) => key,
              (_value, row) => row ?? 'no row',
              { name: 'joined', value: Serdes.string },
            )
            .to('out', text)
        },
        ['global', 'in', 'out'],
      )

    it('goes on after a record that cannot be read, before the start and after it', async () => {
      const application = await joining(new Registry())
      await application.send('global', ['bad key', 'x'], ['a', 'bad value'], ['b', '1'], [null, 'no key'])
      const one = await start('one')
      await application.send('in', ['a', '?'], ['b', '?'])
      expect(await valuesOf(application, 2)).toEqual(['no row', '1'])
      await application.send('global', ['b', 'bad value'], ['a', '2'])
      const rows = one.queries.keyValue('rows')
      await application.until(() => one.globalDrops()['read-error'] === 3)
      await expect.poll(async () => (await application.send('in', ['a', '?']), (await application.read('out')).at(-1)?.value)).toBe('2')
      expect(rows).toBeDefined()
      expect(one.globalDrops()).toEqual({ 'read-error': 3, 'null-key': 1 })
      expect(one.health()).toEqual({ isHealthy: true, problems: [] })
      expect(warnings.map(({ fields }) => fields?.code)).toEqual(['record-dropped', 'record-dropped'])
    })

    it('fails the instance at such a record where the handler says so', async () => {
      const application = await joining(new Registry())
      const one = await start('one', { errorHandlers: { read: 'fail' } })
      await application.send('global', ['a', 'bad value'])
      await application.until(() => one.state === 'failed')
      expect(String(one.failure)).toMatch(/global-0@0 .* operator rows of task global/)
      expect(one.health().isHealthy).toBe(false)
      expect(one.health().problems.join()).toMatch(/the global stores are not up to date/)
      await expect(start('two', { errorHandlers: { read: 'fail' } })).rejects.toMatchObject({ code: 'STREAMS_FATAL' })
    })

    it('waits at a record that cannot be read yet, says so, and loses nothing', async () => {
      const registry = new Registry()
      registry.isUp = false
      const application = await joining(registry)
      await application.send('global', ['a', '1'], ['b', 'later'], ['c', '3'])
      const starting = start('one')
      await application.until(() => warnings.some(({ fields }) => fields?.code === 'global-stores-wait'))
      registry.isUp = true
      const one = await starting
      await application.send('in', ['a', '?'], ['b', '?'], ['c', '?'])
      expect(await valuesOf(application, 3)).toEqual(['1', 'later', '3'])
      registry.isUp = false
      const requests = registry.requests
      await application.send('global', ['d', 'later'], ['e', '5'])
      await application.until(() => registry.requests > requests && !one.health().isHealthy)
      expect(one.health().problems).toMatchObject(
        [/the global stores are not up to date: Schema 7/].map((pattern) => expect.stringMatching(pattern) as string),
      )
      registry.isUp = true
      await application.until(() => one.health().isHealthy)
      await application.send('in', ['d', '?'], ['e', '?'])
      expect((await valuesOf(application, 5)).slice(3)).toEqual(['later', '5'])
      expect(one.globalDrops()).toEqual({})
    })

    it('waits for the broker at the start, says so, and can be stopped meanwhile', async () => {
      const application = await joining(new Registry())
      await application.send('global', ['a', '1'])
      let isDown = true
      const { admin } = application.broker
      const listOffsets: typeof admin.listOffsets = async (...call) => {
        if (isDown) throw new RetriableBrokerError('No broker answers.')
        return admin.listOffsets(...call)
      }
      const broker = override(application.broker, { admin: override(admin, { listOffsets }) })
      const stopped = new Streams({ ...OPTIONS, ...times, ports, broker, topology: application.topology, instanceId: 'stopped' })
      const starting = stopped.start()
      await application.until(() => warnings.some(({ fields }) => fields?.code === 'global-stores-wait'))
      expect(stopped.health().problems.join()).toMatch(/the global stores are not up to date: No broker answers/)
      await stopped.stop()
      await starting
      expect(stopped.state).toBe('stopped')
      const waiting = start('one', { broker })
      await application.until(() => warnings.filter(({ fields }) => fields?.code === 'global-stores-wait').length === 2)
      isDown = false
      const one = await waiting
      await application.until(() => one.health().isHealthy)
      await application.send('in', ['a', '?'])
      expect(await valuesOf(application, 1)).toEqual(['1'])
    })

    it('uses its timestamp extractor, and drops records for which that returns a negative number', async () => {
      const application = await joining(new Registry(), ({ value }) => (value === 'skip' ? -1 : Number(value) + 100))
      await application.send('global', ['a', '1'], ['b', 'skip'], ['c', '0.5'])
      const one = await start('one')
      expect(one.globalDrops()).toEqual({ 'negative-timestamp': 1, 'read-error': 1 })
      expect(await one.queries.keyValue<string, string>('rows').get('a')).toMatchObject({ value: '1', timestamp: 101 })
    })
  })
}
