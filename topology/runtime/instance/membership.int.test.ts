import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import { inProcessQueryTransport, memoryTaskStorages, type Streams } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

function open(partitions: number): Promise<Application> {
  const builder = new StreamsBuilder()
  builder.stream('in', { key: Serdes.string, value: Serdes.string }).groupByKey().count({ name: 'counts' })
  return openApplication({ topology: builder.build(), topics: ['in'], partitions })
}

/** Resolves when the instances have finished rebalancing and run that many tasks. */
const stable = (app: Application, instances: readonly Streams[], tasks: number): Promise<boolean> =>
  app.eventually(
    () =>
      instances.every(({ state }) => state === 'running') &&
      new Set(instances.flatMap((instance) => tasksIn(instance, 'running'))).size === tasks,
    (isStable) => isStable,
  )

describe('Membership', () => {
  it('moves only the tasks that have to move when an instance starts and stops', async () => {
    const app = await open(6)
    const one = await app.start('one')
    await stable(app, [one], 6)
    const two = await app.start('two')
    await app.eventually(
      () => tasksIn(two, 'running').length,
      (count) => count === 3,
    )
    const [before, beforeTwo] = [tasksIn(one, 'running'), tasksIn(two, 'running')]
    const three = await app.start('three')
    await app.eventually(
      () => tasksIn(three, 'running').length,
      (count) => count === 2,
    )
    expect([tasksIn(one, 'running'), tasksIn(two, 'running')].map((names) => names.length)).toEqual([2, 2])
    expect(before).toEqual(expect.arrayContaining(tasksIn(one, 'running')))
    expect(beforeTwo).toEqual(expect.arrayContaining(tasksIn(two, 'running')))
    const [kept, keptTwo] = [tasksIn(one, 'running'), tasksIn(two, 'running')]
    await three.stop()
    await stable(app, [one, two], 6)
    expect(tasksIn(one, 'running')).toEqual(expect.arrayContaining(kept))
    expect(tasksIn(two, 'running')).toEqual(expect.arrayContaining(keptTwo))
  })

  it('assigns a task to its new owner as soon as it is revoked, without waiting for a heartbeat', async () => {
    const times = { sessionTimeoutMs: 20_000, heartbeatIntervalMs: 1_500 }
    const app = await open(2)
    const one = await app.start('one', times)
    await stable(app, [one], 2)
    const two = await app.start('two', times)
    await app.eventually(
      () => one.tasks().length,
      (count) => count === 1,
    )
    const revokedAt = app.ports.clock.monotonic()
    await stable(app, [one, two], 2)
    expect(tasksIn(two, 'running').length).toBe(1)
    expect(app.ports.clock.monotonic() - revokedAt).toBeLessThan(500)
  })

  it('returns its tasks to an instance that restarts within its session, without a rebalance of the others', async () => {
    const app = await open(4)
    const sessionTimeoutMs = 60_000
    const one = await app.start('one', { sessionTimeoutMs })
    const storages = memoryTaskStorages()
    const transport = inProcessQueryTransport()
    const two = await app.start('two', { sessionTimeoutMs, storages, endpoint: 'old', queryTransport: transport })
    await app.eventually(
      () => tasksIn(two, 'running').length === 2 && one.state === 'running',
      (isStable) => isStable,
    )
    const tasks = tasksIn(two, 'running')
    const states: string[] = []
    one.onStateChange((state) => states.push(state))
    await two.kill()
    const again = await app.start('two', { sessionTimeoutMs, storages, endpoint: 'old', queryTransport: transport })
    await stable(app, [one, again], 4)
    expect(tasksIn(again, 'running')).toEqual(tasks)
    expect(states).toEqual([])
  })

  it('announces the new endpoint of an instance that restarts at another address', async () => {
    const app = await open(4)
    const sessionTimeoutMs = 60_000
    const queryTransport = inProcessQueryTransport()
    const one = await app.start('one', { sessionTimeoutMs, endpoint: 'one', queryTransport })
    const two = await app.start('two', { sessionTimeoutMs, endpoint: 'old', queryTransport })
    await app.eventually(
      () => tasksIn(two, 'running').length === 2 && tasksIn(one, 'running').length === 2,
      (isStable) => isStable,
    )
    await two.kill()
    await app.start('two', { sessionTimeoutMs, endpoint: 'new', queryTransport })
    const owners = await app.eventually(
      () => one.owners,
      (seen) => seen.some(({ endpoint }) => endpoint === 'new'),
    )
    expect(owners.map(({ endpoint }) => endpoint).toSorted()).toEqual(['new', 'one'])
    expect(await one.queries.keyValue('counts').all()).toEqual([])
  })

  it('fails an instance whose instance id another process has taken', async () => {
    const app = await open(2)
    const first = await app.start('one')
    await stable(app, [first], 2)
    const second = await app.start('one')
    await app.eventually(
      () => first.state,
      (state) => state === 'failed',
    )
    expect(String(first.failure)).toMatch(/Another process runs under the instance id "one"/)
    expect(first.tasks()).toEqual([])
    await stable(app, [second], 2)
    expect(tasksIn(second, 'running').length).toBe(2)
  })
})
