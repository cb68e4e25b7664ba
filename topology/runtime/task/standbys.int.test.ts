import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inProcessQueryTransport, type Streams } from '../index.ts'
import { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const PARTITIONS = 4
const KEYS = Array.from({ length: 40 }, (_, at) => `key-${at}`)

let app: Application
const transport = inProcessQueryTransport()

beforeEach(async () => {
  app = await Application.open({ topology: counting(), topics: ['in', 'out'], partitions: PARTITIONS })
})

afterEach(() => app.close())

const start = (instanceId: string): Promise<Streams> =>
  app.start(instanceId, { standbys: 1, endpoint: instanceId, queryTransport: transport })

const sendAll = (): Promise<unknown> => app.send('in', ...KEYS.map((key) => [key, 'x'] as const))

/** Each owns half of the tasks and has standbys of the other half. */
const isDivided = (one: Streams, two: Streams): boolean =>
  tasksIn(one, 'running').length === PARTITIONS / 2 &&
  tasksIn(two, 'running').length === PARTITIONS / 2 &&
  String(tasksIn(one, 'standby')) === String(tasksIn(two, 'running')) &&
  String(tasksIn(two, 'standby')) === String(tasksIn(one, 'running'))

const restored = (streams: Streams, names: readonly string[]): number =>
  streams
    .tasks()
    .filter(({ name }) => names.includes(name))
    .reduce((sum, task) => sum + task.restored, 0)

describe('A standby', () => {
  it('becomes the active task with nothing to restore when the owner dies', async () => {
    const one = await start('one')
    const two = await start('two')
    await app.until(() => isDivided(one, two))
    await sendAll()
    await app.rows('out', KEYS.length)
    const taken = tasksIn(one, 'running')
    const copied = (): number => restored(one, tasksIn(one, 'standby')) + restored(two, tasksIn(two, 'standby'))
    await app.until(() => copied() === KEYS.length)
    await one.kill()
    await app.until(() => tasksIn(two, 'running').length === PARTITIONS)
    expect(restored(two, taken)).toBe(0)
    await sendAll()
    const rows = await app.rows('out', 2 * KEYS.length)
    expect(rows.filter(({ value }) => value === '2').length).toBe(KEYS.length)
  })

  it('answers queries, with the age of the answer, while no instance owns the task', async () => {
    const one = await start('one')
    const two = await start('two')
    await app.until(() => isDivided(one, two))
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

  it('warms up before a task moves: until then the task keeps running on its owner', async () => {
    const one = await start('one')
    await app.until(() => tasksIn(one, 'running').length === PARTITIONS)
    await sendAll()
    await app.rows('out', KEYS.length)
    const two = await start('two')
    await app.until(() => tasksIn(two, 'standby').length > 0)
    expect(tasksIn(one, 'running').length).toBe(PARTITIONS)
    await app.until(() => isDivided(one, two))
    expect(restored(two, tasksIn(two, 'running'))).toBe(0)
    await sendAll()
    expect((await app.rows('out', 2 * KEYS.length)).filter(({ value }) => value === '2').length).toBe(KEYS.length)
  })
})
