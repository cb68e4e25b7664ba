import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import type { Topology } from '../graph/index.ts'
import { inProcessQueryTransport, type Streams } from './index.ts'
import { Application } from './testing/application.ts'

const PARTITIONS = 4
const KEYS = Array.from({ length: 40 }, (_, at) => `key-${at}`)

/** Counts per key, one changelog record for each record. */
function counts(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues(String, { name: 'text' })
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

let app: Application
const transport = inProcessQueryTransport()

beforeEach(async () => {
  app = await Application.open({ topology: counts(), topics: ['in', 'out'], partitions: PARTITIONS })
})

afterEach(() => app.close())

const start = (instanceId: string): Promise<Streams> =>
  app.start(instanceId, { standbys: 1, endpoint: instanceId, queryTransport: transport })

const sendAll = (): Promise<unknown> => app.send('in', ...KEYS.map((key) => [key, 'x'] as const))

const named = (streams: Streams, state: 'running' | 'standby'): readonly string[] =>
  streams
    .tasks()
    .filter((task) => task.state === state)
    .map(({ name }) => name)
    .toSorted()

const until = async (isSo: () => boolean): Promise<void> => {
  expect(await app.eventually(isSo, (so) => so)).toBe(true)
}

/** Each has half of the tasks, and copies of the other half. */
const isShared = (one: Streams, two: Streams): boolean =>
  named(one, 'running').length === PARTITIONS / 2 &&
  named(two, 'running').length === PARTITIONS / 2 &&
  String(named(one, 'standby')) === String(named(two, 'running')) &&
  String(named(two, 'standby')) === String(named(one, 'running'))

const restored = (streams: Streams, names: readonly string[]): number =>
  streams
    .tasks()
    .filter(({ name }) => names.includes(name))
    .reduce((sum, task) => sum + task.restored, 0)

describe('A standby', () => {
  it('takes over what another instance leaves behind with next to nothing to restore', async () => {
    const one = await start('one')
    const two = await start('two')
    await until(() => isShared(one, two))
    await sendAll()
    await app.rows('out', KEYS.length)
    const taken = named(one, 'running')
    const copied = (): number => restored(one, named(one, 'standby')) + restored(two, named(two, 'standby'))
    await until(() => copied() === KEYS.length)
    await one.kill()
    await until(() => named(two, 'running').length === PARTITIONS)
    expect(restored(two, taken)).toBe(0)
    await sendAll()
    const rows = await app.rows('out', 2 * KEYS.length)
    expect(rows.filter(({ value }) => value === '2').length).toBe(KEYS.length)
  })

  it('answers, and says how old the answer may be, while nobody has the task', async () => {
    const one = await start('one')
    const two = await start('two')
    await until(() => isShared(one, two))
    await sendAll()
    await app.rows('out', KEYS.length)
    await app.ports.timers.sleep(300)
    const store = two.queries.keyValue<string, number>('counts')
    let oldest = -1
    const read = (key: string) => store.get(key, { timeoutMs: 50, onStale: (ageMs) => (oldest = Math.max(oldest, ageMs)) })
    for (const key of KEYS) expect(await read(key)).toMatchObject({ value: 1 })
    expect(oldest).toBe(-1)
    await one.kill()
    for (const key of KEYS) expect(await read(key)).toMatchObject({ value: 1 })
    expect(oldest).toBeGreaterThanOrEqual(0)
    expect(oldest).toBeLessThan(2_000)
  })

  it('is made first where a task is to go: until then the task stays and works on', async () => {
    const one = await start('one')
    await until(() => named(one, 'running').length === PARTITIONS)
    await sendAll()
    await app.rows('out', KEYS.length)
    const two = await start('two')
    await until(() => named(two, 'standby').length > 0)
    expect(named(one, 'running').length).toBe(PARTITIONS)
    await until(() => isShared(one, two))
    expect(restored(two, named(two, 'running'))).toBe(0)
    await sendAll()
    expect((await app.rows('out', 2 * KEYS.length)).filter(({ value }) => value === '2').length).toBe(KEYS.length)
  })
})
