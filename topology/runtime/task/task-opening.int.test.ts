import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { FencedError, type Broker } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import { override } from '../../testing/override.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

function open(topology: Topology, partitions = 1): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out'], partitions })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)

describe('Opening a task', () => {
  it('fences the former owner before its offset is read, so that its open transaction is aborted', async () => {
    const app = await open(counting())
    await app.send('in', ['a', 'x'], ['a', 'x'])
    const zombie = await app.broker.openProducer({ transactionalId: 'app/gone/0' })
    await zombie.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 2 }])
    await app.start('one')
    expect(values(await app.rows('out', 2))).toEqual(['1', '2'])
    await expect(zombie.commit()).rejects.toThrow(FencedError)
  })

  it('continues from what the former owner commits at the last moment', async () => {
    const app = await open(counting())
    await app.send('in', ['a', 'skipped'], ['a', 'x'])
    const former = await app.broker.openProducer({ transactionalId: 'app/gone/0' })
    await former.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 1 }])
    const committing = former.commit()
    await app.start('one')
    await committing
    expect(values(await app.rows('out', 1))).toEqual(['1'])
  })

  it('does not begin before the former owner has closed the task', async () => {
    let busy = 0
    let mostBusy = 0
    const pending: (() => void)[] = []
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => ({
          process: async () => {
            mostBusy = Math.max(mostBusy, ++busy)
            await new Promise<void>((resolve) => pending.push(resolve))
            busy--
          },
        }),
        { name: 'slow' },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build(), 2)
    const one = await app.start('one', { sessionTimeoutMs: 5_000 })
    await app.send('in', ['a', 'x'], ['b', 'x'], ['c', 'x'], ['d', 'x'])
    await app.eventually(
      () => busy,
      (count) => count === 2,
    )
    const two = await app.start('two', { sessionTimeoutMs: 5_000 })
    await app.eventually(
      () => one.state,
      (state) => state !== 'running',
    )
    expect(two.tasks()).toEqual([])
    await app.eventually(
      () => {
        pending.shift()?.()
        return two.tasks().length === 1 && one.tasks().length === 1 && busy === 0
      },
      (isDivided) => isDivided,
    )
    expect(mostBusy).toBe(2)
    expect(two.tasks().length).toBe(1)
  })
})

describe('A task whose committed offset waits for a hanging transaction', () => {
  const hanging = (broker: Broker): Broker => {
    const { groups } = broker
    const committedOffsets: typeof groups.committedOffsets = (groupId, partitions, options) =>
      options?.requireStable !== false && partitions.some(({ partition }) => partition === 1)
        ? new Promise(() => undefined)
        : groups.committedOffsets(groupId, partitions, options)
    return override(broker, { groups: override(groups, { committedOffsets }) })
  }

  it('does not keep its instance from stopping', async () => {
    const app = await open(counting(), 2)
    const one = await app.start('one', { broker: hanging(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 1 && tasksIn(one, 'restoring').length === 1)
    await one.stop()
    expect(one.tasks()).toMatchObject([{ name: '0_0' }, { name: '0_1' }])
  })

  it('moves like any other task, and delays no other task of the rebalance', async () => {
    const app = await open(counting(), 4)
    const one = await app.start('one', { broker: hanging(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 3)
    const two = await app.start('two')
    await app.until(() => tasksIn(two, 'running').length === 2 && one.state === 'running')
    await one.stop()
    await app.until(() => tasksIn(two, 'running').length === 4)
  })
})
