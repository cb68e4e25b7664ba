import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { OutcomeUnknownError, StaleGenerationError, type Broker, type GroupMember } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import { override } from '../../testing/override.ts'
import { memoryTaskStorages } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'
import { withCommits, withProducers } from '../testing/with-producers.ts'

function open(topology: Topology): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out'] })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)

describe('A commit', () => {
  it('whose answer is lost takes effect exactly once', async () => {
    const app = await open(counting())
    for (const effect of ['before', 'after'] as const) {
      let lost = 0
      const broker = losingCommits(app.broker, effect, () => lost++ < 2)
      const streams = await app.start('one', { broker })
      const known = (await app.read('out')).length
      await app.send('in', ['a', 'x'], ['a', 'x'], ['a', 'x'])
      const rows = await app.rows('out', known + 3)
      expect(values(rows)).toEqual(Array.from({ length: known + 3 }, (_, at) => String(at + 1)))
      await streams.stop()
    }
  })

  it('of an instance that the group has removed meanwhile is rejected, even after the instance has learned of it', async () => {
    const app = await open(counting())
    const [heartbeats, sends] = [new Gate(), new Gate()]
    const { groups } = app.broker
    const slow = withProducers(app.broker, (producer) =>
      override(producer, {
        send: async (topic, partition, batch) => {
          await sends.passed()
          return producer.send(topic, partition, batch)
        },
      }),
    )
    const halting = override(groups, {
      heartbeat: async (member) => {
        await heartbeats.passed()
        return groups.heartbeat(member)
      },
    })
    const one = await app.start('one', {
      broker: override(slow, { groups: halting }),
      sessionTimeoutMs: 300,
      heartbeatIntervalMs: 20,
    })
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    heartbeats.close()
    sends.close()
    await app.send('in', ['a', 'x'])
    const two = await app.start('two', { sessionTimeoutMs: 2_000 })
    await app.rows('out', 2)
    heartbeats.open()
    await app.until(() => one.generation < 0)
    sends.open()
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 3))).toEqual(['1', '2', '3'])
    await app.until(() => [one, two].every(({ state }) => state === 'running'))
    expect(values(await app.read('out'))).toEqual(['1', '2', '3'])
  })

  it.each(['continues', 'is killed'] as const)(
    'waits for its member to join the next generation when the group has begun it: the instance %s',
    async (end) => {
      const app = await open(counting())
      const answers = new Gate()
      let opened = 0
      const stale: GroupMember[] = []
      const { groups } = app.broker
      const counted = withProducers(app.broker, (producer) => {
        opened++
        return override(producer, {
          sendOffsets: async (member, offsets) => {
            try {
              await producer.sendOffsets(member, offsets)
            } catch (error) {
              if (error instanceof StaleGenerationError) stale.push(member)
              throw error
            }
          },
        })
      })
      const late = override(groups, {
        join: async (request) => {
          const answer = await groups.join(request)
          await answers.passed()
          return answer
        },
      })
      const one = await app.start('one', { broker: override(counted, { groups: late }), sessionTimeoutMs: 2_000 })
      await app.send('in', ['a', 'x'])
      await app.rows('out', 1)
      const openedBefore = opened
      answers.close()
      const two = await app.start('two', { sessionTimeoutMs: 2_000 })
      await app.until(() => two.generation > 0)
      await app.send('in', ['a', 'x'])
      await app.until(() => stale.length === 1)
      if (end === 'continues') {
        answers.open()
        expect(values(await app.rows('out', 2))).toEqual(['1', '2'])
        expect([opened, stale.length]).toEqual([openedBefore, 1])
      } else {
        await one.kill()
        expect(values(await app.read('out'))).toEqual(['1'])
      }
    },
  )

  it('happens at once when the task has no more work, and not at all when it has processed nothing', async () => {
    const app = await open(counting())
    const one = await app.start('one', { commitIntervalMs: 3_600_000 })
    for (const round of [1, 2, 3]) {
      await app.send('in', ['a', 'x'])
      await app.rows('out', round)
    }
    expect(one.tasks()[0]?.commits).toBe(3)
  })

  it('under at_least_once loses nothing when the instance is killed', async () => {
    const app = await open(counting())
    const storages = memoryTaskStorages()
    const one = await app.start('one', { guarantee: 'at_least_once', storages })
    await app.send('in', ['a', 'x'], ['a', 'x'])
    await app.rows('out', 2)
    await one.kill()
    await app.start('one', { guarantee: 'at_least_once', storages })
    await app.send('in', ['a', 'x'])
    const rows = await app.rows('out', 3)
    expect(Number(rows.at(-1)?.value)).toBeGreaterThanOrEqual(3)
  })
})

describe('A repartition topic', () => {
  it('is purged up to the committed offset', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .selectKey((value) => String(value))
      .groupByKey({ name: 'by-value', key: Serdes.string, value: Serdes.string })
      .count({ name: 'counts' })
    const app = await open(builder.build())
    const one = await app.start('one')
    await app.send('in', ...Array.from({ length: 10_500 }, () => ['a', 'x'] as const))
    const partition = { topic: 'app-by-value-repartition', partition: 0 }
    const [start] = await app.eventually(
      () => app.broker.admin.listOffsets([partition], 'earliest'),
      (seen) => (seen[0]?.offset ?? 0) >= 10_000,
    )
    expect(start?.offset).toBeGreaterThanOrEqual(10_000)
    expect(await one.queries.keyValue('counts').get('x')).toMatchObject({ value: expect.any(Number) })
  })
})

/** A broker that does not answer some commits, before or after they have taken effect. */
function losingCommits(broker: Broker, effect: 'before' | 'after', isLost: () => boolean): Broker {
  return withCommits(broker, async (commit) => {
    if (!isLost()) return commit()
    if (effect === 'after') await commit()
    throw new OutcomeUnknownError('The answer was lost.')
  })
}

/** `passed` resolves when the gate is open. */
class Gate {
  #waiting: (() => void)[] | undefined

  close(): void {
    this.#waiting = []
  }

  open(): void {
    for (const pass of this.#waiting ?? []) pass()
    this.#waiting = undefined
  }

  passed(): Promise<void> {
    return this.#waiting === undefined ? Promise.resolve() : new Promise((resolve) => this.#waiting?.push(resolve))
  }
}
