import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Broker } from '../../broker/index.ts'
import type { LogFields } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { memoryTaskStorages, type Streams, type StreamsOptions } from '../index.ts'
import { Application } from './application.ts'
import { counting } from './counting.ts'
import { FakeProcess } from './fake-process.ts'
import { tasksIn } from './tasks-in.ts'

const PARTITIONS = 4
/** No session times out during these tests. */
const TIMES = { sessionTimeoutMs: 60_000, heartbeatIntervalMs: 100 }
/** Given to a process with state that no other instance has a copy of. */
const RESTART_MS = 3_000
const POLLING = { timeout: 20_000 }
const ALL = ['0_0', '0_1', '0_2', '0_3']

/** 20.C16, on any broker: the process of an instance ends, and its tasks move at once. */
export function describePeerWatch(name: string, open: () => Promise<Broker | undefined>): void {
  describe(`20.C16 on ${name}, the process of an instance`, () => {
    let app: Application
    let processes: FakeProcess[]
    let warnings: LogFields[]
    const ignore = (): void => undefined
    const warn = (_: string, fields: LogFields = {}): void => void warnings.push(fields)
    const ports = systemPorts({ debug: ignore, info: ignore, warn, error: warn })

    beforeEach(async () => {
      ;[processes, warnings] = [[], []]
      const broker = await open()
      const options = { topology: counting(), topics: ['in', 'out'], partitions: PARTITIONS }
      app = await Application.open(broker === undefined ? options : { ...options, broker })
    })

    afterEach(async () => {
      await app.close()
      await Promise.all(processes.map((process) => process.end()))
    })

    const start = async (id: string, options: Partial<StreamsOptions> = {}): Promise<{ streams: Streams; process: FakeProcess }> => {
      const process = await new FakeProcess().start()
      processes.push(process)
      return { process, streams: await startIn(process, id, options) }
    }
    const startIn = (process: FakeProcess, id: string, options: Partial<StreamsOptions> = {}): Promise<Streams> =>
      app.start(id, { ...TIMES, ports, endpoint: process.endpoint, queryTransport: process.transport, ...options })

    const running = (...instances: readonly Streams[]) =>
      expect
        .poll(() => [instances.flatMap((one) => tasksIn(one, 'running')).toSorted(), instances.map(({ state }) => state)], POLLING)
        .toEqual([ALL, instances.map(() => 'running')])
    /** Resolves when so many instances hold connections to the process. */
    const watched = async (process: FakeProcess, by = 1): Promise<void> =>
      expect.poll(() => process.connections(), POLLING).toBeGreaterThanOrEqual(by)
    const removed = (): unknown[] => warnings.filter(({ code }) => code === 'instance-gone').map(({ instance }) => instance)

    it('ends: its tasks run elsewhere long before its session times out', async () => {
      const [one, two] = [await start('one'), await start('two')]
      await running(one.streams, two.streams)
      await watched(two.process)
      await two.streams.kill()
      await two.process.end()
      await running(one.streams)
      expect(removed()).toEqual(['two'])
    })

    it('ends while others have standbys of its tasks: it is removed before a process could have started again', async () => {
      const options = { standbys: 1 }
      const [one, two] = [await start('one', options), await start('two', options)]
      const shares = () => [one, two].map(({ streams }) => tasksIn(streams, 'running').length)
      await expect.poll(shares, POLLING).toEqual([2, 2])
      await running(one.streams, two.streams)
      await expect.poll(() => tasksIn(one.streams, 'standby'), POLLING).toEqual(tasksIn(two.streams, 'running'))
      await watched(two.process)
      await two.streams.kill()
      const endedAt = ports.clock.monotonic()
      await two.process.end()
      await expect.poll(removed, { timeout: 20_000, interval: 20 }).toEqual(['two'])
      expect(ports.clock.monotonic() - endedAt).toBeLessThan(RESTART_MS)
      await running(one.streams)
    })

    it('ends together with its neighbour: the third one takes over from both', async () => {
      const [one, two, three] = [await start('one'), await start('two'), await start('three')]
      await running(one.streams, two.streams, three.streams)
      await Promise.all([two, three].map(({ process }) => watched(process, 2)))
      await Promise.all([two, three].map(({ streams }) => streams.kill()))
      await Promise.all([two, three].map(({ process }) => process.end()))
      await running(one.streams)
      expect(removed().toSorted()).toEqual(['three', 'two'])
    })

    it('ends while the group rebalances: the rebalance does not wait for its session', async () => {
      const [one, two] = [await start('one'), await start('two')]
      await running(one.streams, two.streams)
      await watched(two.process)
      await two.streams.kill()
      const three = await start('three')
      await two.process.end()
      await running(one.streams, three.streams)
    })

    it('closes its connections and accepts new ones: it stays, and its end is noticed all the same', async () => {
      const [one, two] = [await start('one'), await start('two')]
      await running(one.streams, two.streams)
      const generation = one.streams.generation
      for (let times = 0; times < 3; times++) {
        await watched(two.process)
        two.process.cut()
      }
      expect((await app.broker.groups.members('app')).length).toBe(2)
      expect([one.streams.generation, removed()]).toEqual([generation, []])
      two.process.cut()
      await two.streams.kill()
      await two.process.end()
      await running(one.streams)
    })

    it('is put out although it lives: it is fenced, joins again, and no record is lost or counted twice', async () => {
      const [one, two] = [await start('one'), await start('two')]
      await running(one.streams, two.streams)
      const keys = Array.from({ length: 20 }, (_, at) => `k${at}`)
      const send = () => app.send('in', ...keys.map((key) => [key, 'x', ports.clock.now()] as const))
      await send()
      await watched(two.process)
      await two.process.end()
      await expect.poll(removed, POLLING).toEqual(['two'])
      await send()
      await running(one.streams, two.streams)
      await send()
      await expect.poll(async () => (await app.read('out')).length, POLLING).toBe(3 * keys.length)
      const rows = await app.read('out')
      for (const key of keys) expect(rows.filter((row) => row.key === key).map(({ value }) => value)).toEqual(['1', '2', '3'])
      expect(warnings.map(({ code }) => code)).toContain('membership-lost')
    })

    it('has started again at once under its instance id: it keeps its tasks, and the generation stays', async () => {
      const storages = memoryTaskStorages()
      const [one, two] = [await start('one'), await start('two', { storages })]
      await running(one.streams, two.streams)
      await watched(two.process)
      const [tasks, generation] = [tasksIn(two.streams, 'running'), one.streams.generation]
      await two.streams.kill()
      await two.process.end()
      await two.process.start()
      const again = await startIn(two.process, 'two', { storages })
      await running(one.streams, again)
      expect(tasksIn(again, 'running')).toEqual(tasks)
      expect([one.streams.generation, again.generation, removed()]).toEqual([generation, generation, []])
    })

    it('has started again elsewhere under its instance id: the end of its former endpoint does not put it out', async () => {
      const storages = memoryTaskStorages()
      const [one, two] = [await start('one'), await start('two', { storages })]
      await running(one.streams, two.streams)
      await watched(two.process)
      await two.streams.kill()
      const again = await start('two', { storages })
      await two.process.end()
      await running(one.streams, again.streams)
      expect(removed()).toEqual([])
    })

    it('is not watched by an instance with peerWatch: false', async () => {
      const [one, two] = [await start('one', { peerWatch: false }), await start('two')]
      await running(one.streams, two.streams)
      await watched(one.process)
      expect(await two.process.connections()).toBe(0)
    })
  })
}
