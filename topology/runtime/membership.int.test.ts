import { afterEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import { inProcessQueryTransport, memoryTaskStorages, type Streams } from './index.ts'
import { Application } from './testing/application.ts'

let application: Application | undefined

afterEach(async () => {
  await application?.close()
  application = undefined
})

async function open(partitions: number): Promise<Application> {
  const builder = new StreamsBuilder()
  builder.stream('in', { key: Serdes.string, value: Serdes.string }).groupByKey().count({ name: 'counts' })
  application = await Application.open({ topology: builder.build(), topics: ['in'], partitions })
  return application
}

const namesOf = (streams: Streams): string[] =>
  streams
    .tasks()
    .filter(({ state }) => state === 'running')
    .map(({ name }) => name)
    .toSorted()

const settled = (app: Application, streams: readonly Streams[], tasks: number): Promise<boolean> =>
  app.eventually(
    () => streams.every(({ state }) => state === 'running') && new Set(streams.flatMap(namesOf)).size === tasks,
    (isSettled) => isSettled,
  )

describe('membership', () => {
  it('moves only what has to move when an instance comes and goes', async () => {
    const app = await open(6)
    const one = await app.start('one')
    await settled(app, [one], 6)
    const two = await app.start('two')
    await app.eventually(
      () => namesOf(two).length,
      (count) => count === 3,
    )
    const [before, beforeTwo] = [namesOf(one), namesOf(two)]
    const three = await app.start('three')
    await app.eventually(
      () => namesOf(three).length,
      (count) => count === 2,
    )
    expect([namesOf(one), namesOf(two)].map((names) => names.length)).toEqual([2, 2])
    expect(before).toEqual(expect.arrayContaining(namesOf(one)))
    expect(beforeTwo).toEqual(expect.arrayContaining(namesOf(two)))
    const [kept, keptTwo] = [namesOf(one), namesOf(two)]
    await three.stop()
    await settled(app, [one, two], 6)
    expect(namesOf(one)).toEqual(expect.arrayContaining(kept))
    expect(namesOf(two)).toEqual(expect.arrayContaining(keptTwo))
  })

  it('gives an instance that comes back within its session its tasks, without a rebalance of the others', async () => {
    const app = await open(4)
    const sessionTimeoutMs = 60_000
    const one = await app.start('one', { sessionTimeoutMs })
    const storages = memoryTaskStorages()
    const transport = inProcessQueryTransport()
    const two = await app.start('two', { sessionTimeoutMs, storages, endpoint: 'old', queryTransport: transport })
    await app.eventually(
      () => namesOf(two).length === 2 && one.state === 'running',
      (isSettled) => isSettled,
    )
    const tasks = namesOf(two)
    const states: string[] = []
    one.onStateChange((state) => states.push(state))
    await two.kill()
    const again = await app.start('two', { sessionTimeoutMs, storages, endpoint: 'old', queryTransport: transport })
    await settled(app, [one, again], 4)
    expect(namesOf(again)).toEqual(tasks)
    expect(states).toEqual([])
  })

  it('tells the others where an instance is that came back at another address', async () => {
    const app = await open(4)
    const sessionTimeoutMs = 60_000
    const queryTransport = inProcessQueryTransport()
    const one = await app.start('one', { sessionTimeoutMs, endpoint: 'one', queryTransport })
    const two = await app.start('two', { sessionTimeoutMs, endpoint: 'old', queryTransport })
    await app.eventually(
      () => namesOf(two).length === 2 && namesOf(one).length === 2,
      (isSettled) => isSettled,
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

  it('ends an instance whose id another one has taken', async () => {
    const app = await open(2)
    const first = await app.start('one')
    await settled(app, [first], 2)
    const second = await app.start('one')
    await app.eventually(
      () => first.state,
      (state) => state === 'failed',
    )
    expect(String(first.failure)).toMatch(/Another instance runs under the id "one"/)
    expect(first.tasks()).toEqual([])
    await settled(app, [second], 2)
    expect(namesOf(second).length).toBe(2)
  })
})
