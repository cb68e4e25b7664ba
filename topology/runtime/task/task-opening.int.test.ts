import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { FencedError, type Broker } from '../../broker/index.ts'
import { override } from '../../testing/override.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

function open(topology: Topology, partitions = 1): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out'], partitions })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)

describe('Taking a task', () => {
  it('fences the former holder before its offset is read, so that its open transaction comes to nothing', async () => {
    const app = await open(counting())
    await app.send('in', ['a', 'x'], ['a', 'x'])
    const zombie = await app.broker.openProducer({ transactionalId: 'app/gone/0' })
    await zombie.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 2 }])
    await app.start('one')
    expect(values(await app.rows('out', 2))).toEqual(['1', '2'])
    await expect(zombie.commit()).rejects.toThrow(FencedError)
  })

  it('goes on from what the former holder committed just before', async () => {
    const app = await open(counting())
    await app.send('in', ['a', 'skipped'], ['a', 'x'])
    const former = await app.broker.openProducer({ transactionalId: 'app/gone/0' })
    await former.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [{ topic: 'in', partition: 0, offset: 1 }])
    const committing = former.commit()
    await app.start('one')
    await committing
    expect(values(await app.rows('out', 1))).toEqual(['1'])
  })

  it('does not begin before the former holder has let go', async () => {
    let atWork = 0
    let most = 0
    const moments: (() => void)[] = []
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => ({
          process: async () => {
            most = Math.max(most, ++atWork)
            await new Promise<void>((resolve) => moments.push(resolve))
            atWork--
          },
        }),
        { name: 'slow' },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build(), 2)
    const one = await app.start('one', { sessionTimeoutMs: 5_000 })
    await app.send('in', ['a', 'x'], ['b', 'x'], ['c', 'x'], ['d', 'x'])
    await app.eventually(
      () => atWork,
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
        moments.shift()?.()
        return two.tasks().length === 1 && one.tasks().length === 1 && atWork === 0
      },
      (isDivided) => isDivided,
    )
    expect(most).toBe(2)
    expect(two.tasks().length).toBe(1)
  })
})

describe('A task whose committed offset is held up by a transaction that nobody ends', () => {
  const heldUp = (broker: Broker): Broker => {
    const { groups } = broker
    const committedOffsets: typeof groups.committedOffsets = (groupId, partitions) =>
      partitions.some(({ partition }) => partition === 1) ? new Promise(() => undefined) : groups.committedOffsets(groupId, partitions)
    return override(broker, { groups: override(groups, { committedOffsets }) })
  }

  it('does not keep its instance from stopping', async () => {
    const app = await open(counting(), 2)
    const one = await app.start('one', { broker: heldUp(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 1 && tasksIn(one, 'restoring').length === 1)
    await one.stop()
    expect(one.tasks()).toMatchObject([{ name: '0_0' }, { name: '0_1' }])
  })

  it('is handed over all the same, and holds up no other task of a rebalance', async () => {
    const app = await open(counting(), 4)
    const one = await app.start('one', { broker: heldUp(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 3)
    const two = await app.start('two')
    await app.until(() => tasksIn(two, 'running').length === 2 && one.state === 'running')
    await one.stop()
    await app.until(() => tasksIn(two, 'running').length === 4)
  })
})
