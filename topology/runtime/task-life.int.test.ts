import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Serdes, Stores, type KeyValueStore } from '../../state/index.ts'
import { FencedError, OutcomeUnknownError, partitionOf, type Broker, type Producer } from '../broker/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import type { Topology } from '../graph/index.ts'
import { levelTaskStorages, memoryTaskStorages } from './index.ts'
import { Application } from './testing/application.ts'
import { counting } from './testing/counting.ts'

let application: Application | undefined

afterEach(async () => {
  await application?.close()
  application = undefined
})

async function open(topology: Topology, partitions = 1): Promise<Application> {
  application = await Application.open({ topology, topics: ['in', 'out'], partitions })
  return application
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)
const restored = (streams: { tasks(): readonly { restored: number }[] }): number =>
  streams.tasks().reduce((sum, task) => sum + task.restored, 0)

describe('taking a task', () => {
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

describe('a commit', () => {
  it('whose answer is lost is neither done twice nor left out', async () => {
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

  it('of somebody who was put out of the group meanwhile comes to nothing, also when he knows it', async () => {
    const app = await open(counting())
    const [hearts, sends] = [new Gate(), new Gate()]
    const { groups } = app.broker
    const slow = withProducers(app.broker, (producer) => ({
      ...producer,
      send: async (topic, partition, batch) => {
        await sends.passed()
        return producer.send(topic, partition, batch)
      },
    }))
    const halting: typeof groups = {
      join: (request) => groups.join(request),
      sync: (request) => groups.sync(request),
      heartbeat: async (member) => {
        await hearts.passed()
        return groups.heartbeat(member)
      },
      leave: (groupId, memberId) => groups.leave(groupId, memberId),
      assignments: (groupId) => groups.assignments(groupId),
      committedOffsets: (groupId, partitions) => groups.committedOffsets(groupId, partitions),
    }
    const one = await app.start('one', {
      broker: { ...slow, groups: halting },
      sessionTimeoutMs: 300,
      heartbeatIntervalMs: 20,
    })
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    hearts.close()
    sends.close()
    await app.send('in', ['a', 'x'])
    const two = await app.start('two', { sessionTimeoutMs: 2_000 })
    await app.rows('out', 2)
    hearts.open()
    await app.until(() => one.generation < 0)
    sends.open()
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 3))).toEqual(['1', '2', '3'])
    await app.until(() => [one, two].every(({ state }) => state === 'running'))
    expect(values(await app.read('out'))).toEqual(['1', '2', '3'])
  })

  it('happens at once when there is nothing more to do, and not at all when nothing was done', async () => {
    const app = await open(counting())
    const one = await app.start('one', { commitIntervalMs: 3_600_000 })
    for (const round of [1, 2, 3]) {
      await app.send('in', ['a', 'x'])
      await app.rows('out', round)
    }
    expect(one.tasks()[0]?.commits).toBe(3)
  })

  it('at least once works too, and loses nothing over a kill', async () => {
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

describe('a repartition topic', () => {
  it('is shortened by what has been committed', async () => {
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

describe('local state', () => {
  it('on the disk is used again after a stop and after a kill', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bob-task-'))
    const app = await open(counting())
    try {
      for (const [round, end] of (['stop', 'kill', 'stop'] as const).entries()) {
        const streams = await app.start('one', { storages: levelTaskStorages(directory) })
        await app.send('in', ['a', 'x'])
        expect(values(await app.rows('out', round + 1)).at(-1)).toBe(String(round + 1))
        expect(restored(streams)).toBeLessThanOrEqual(1)
        await streams[end]()
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('of tasks that commit together is each at its own place in the changelog', async () => {
    const app = await open(counting(), 4)
    let transactions = 0
    const slow = withCommits(app.broker, async (commit) => {
      transactions++
      await app.ports.timers.sleep(20)
      return commit()
    })
    const one = await app.start('one', { broker: slow })
    const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`)
    const placed = keys.flatMap((key) => Array.from({ length: 1 + partitionOf(Buffer.from(key), 4) }, () => [key, 'x'] as const))
    await app.send('in', ...placed)
    await app.rows('out', placed.length)
    const commits = (): number => one.tasks().reduce((sum, task) => sum + task.commits, 0)
    await app.until(() => commits() >= 4)
    expect(transactions).toBeLessThan(commits())
    for (let partition = 0; partition < 4; partition++) {
      const [end] = await app.broker.admin.listOffsets([{ topic: 'app-counts-changelog', partition }], 'settled')
      const behindLastRecord = (end?.offset ?? 0) - 1 // the marker comes after it
      expect(one.task(`0_${partition}`)?.state?.position('counts')).toBe(behindLastRecord)
    }
  })

  it('that is damaged is wiped and restored', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bob-task-'))
    const app = await open(counting())
    try {
      const one = await app.start('one', { storages: levelTaskStorages(directory) })
      await app.send('in', ['a', 'x'], ['b', 'x'])
      await app.rows('out', 2)
      await one.stop()
      for (const file of await readdir(join(directory, '0_0'))) {
        if (file.endsWith('.log') || file === 'CURRENT') await writeFile(join(directory, '0_0', file), 'damaged')
      }
      const again = await app.start('one', { storages: levelTaskStorages(directory) })
      await app.send('in', ['a', 'x'])
      expect(values(await app.rows('out', 3)).at(-1)).toBe('2')
      expect(restored(again)).toBe(2)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('is restored to the end of its changelog, also when that brings nothing at first', async () => {
    const app = await open(counting())
    const one = await app.start('one')
    await app.send('in', ['a', 'x'], ['a', 'x'])
    await app.rows('out', 2)
    await one.stop()
    await app.start('two', { broker: hesitating(app.broker, 'app-counts-changelog') })
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 3))).toEqual(['1', '2', '3'])
  })

  it('of a changelog that was made anew is not reused', async () => {
    const app = await open(counting())
    const storages = memoryTaskStorages()
    const one = await app.start('one', { storages })
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    await one.stop()
    await app.broker.admin.deleteTopics(['app-counts-changelog'])
    await app.start('one', { storages })
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 2)).at(-1)).toBe('1')
  })
})

describe('an instance', () => {
  it('whose input was deleted under it fails with advice, and skips nothing', async () => {
    const app = await open(counting())
    const one = await app.start('one')
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    await one.stop()
    await app.send('in', ['a', 'x'], ['a', 'x'])
    await app.broker.admin.deleteRecords([{ topic: 'in', partition: 0, offset: 3 }])
    const two = await app.start('two')
    await app.eventually(
      () => two.state,
      (state) => state === 'failed',
    )
    expect(String(two.failure)).toMatch(/set the group's offsets/)
    expect(values(await app.read('out'))).toEqual(['1'])
  })

  it('refuses to start when a source topic is missing', async () => {
    const app = await Application.open({ topology: counting(), topics: ['out'] })
    application = app
    await expect(app.start('one')).rejects.toThrow(/Source topics are missing: in/)
  })
})

describe('processors', () => {
  it('that answer with promises get one record after the other', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => {
          let forward: (key: string, value: string) => void
          return {
            init: (context) => {
              forward = (key, value) => context.forward({ key, value, timestamp: 1 })
            },
            process: async ({ key, value }) => {
              for (let turn = Number(value) % 3; turn > 0; turn--) await Promise.resolve()
              forward(key, String(value))
            },
          }
        },
        { name: 'later', key: Serdes.string, value: Serdes.string },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    const sent = Array.from({ length: 30 }, (_, at) => String(at))
    await app.send('in', ...sent.map((value) => ['a', value] as const))
    expect(values(await app.rows('out', 30))).toEqual(sent)
  })

  it('whose punctuator throws lose no record to the dead letters', async () => {
    let isBroken = true
    let fired = 0
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => {
          let store: KeyValueStore<string, string>
          return {
            init: (context) => {
              store = context.store('seen')
              context.schedule({ intervalMs: 10, clock: 'stream' }, () => {
                fired++
                if (isBroken) throw new Error('broken clock')
                context.forward({ key: 'tick', value: String(store.get('a')), timestamp: 1 })
              })
            },
            process: ({ key, value }) => store.put(key, value),
          }
        },
        {
          name: 'ticking',
          key: Serdes.string,
          value: Serdes.string,
          stores: [Stores.keyValue({ name: 'seen', key: Serdes.string, value: Serdes.string })],
        },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    await app.send('in', ['a', 'kept', 100])
    await app.eventually(
      () => fired,
      (times) => times > 0,
    )
    isBroken = false
    expect(values(await app.rows('out', 1))).toEqual(['kept'])
    expect(await app.read('app-dead-letters')).toEqual([])
  })
})

/** A broker that does not answer some commits; with or without the commit having happened. */
function losingCommits(broker: Broker, effect: 'before' | 'after', isLost: () => boolean): Broker {
  return withCommits(broker, async (commit) => {
    if (!isLost()) return commit()
    if (effect === 'after') await commit()
    throw new OutcomeUnknownError('The answer was lost.')
  })
}

function withCommits(broker: Broker, around: (commit: Producer['commit']) => ReturnType<Producer['commit']>): Broker {
  return withProducers(broker, (producer) => ({ ...producer, commit: () => around(() => producer.commit()) }))
}

function withProducers(broker: Broker, wrap: (producer: Producer) => Producer): Broker {
  return {
    admin: broker.admin,
    groups: broker.groups,
    openFetcher: () => broker.openFetcher(),
    close: () => broker.close(),
    openProducer: async (options) => {
      const producer = await broker.openProducer(options)
      return wrap({
        send: (topic, partition, batch) => producer.send(topic, partition, batch),
        sendOffsets: (group, offsets) => producer.sendOffsets(group, offsets),
        abort: () => producer.abort(),
        close: () => producer.close(),
        commit: () => producer.commit(),
      })
    },
  }
}

/** Who passes while it is closed waits until it is open again. */
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

/** A broker that answers the first fetch of a topic with nothing, as one may that has just become its leader. */
function hesitating(broker: Broker, about: string): Broker {
  let hesitates = true
  return {
    admin: broker.admin,
    groups: broker.groups,
    openProducer: (options) => broker.openProducer(options),
    close: () => broker.close(),
    openFetcher: () => {
      const fetcher = broker.openFetcher()
      return {
        fetch: async (partitions, options) => {
          if (!hesitates || !partitions.some(({ topic }) => topic === about)) return fetcher.fetch(partitions, options)
          hesitates = false
          return []
        },
        wakeup: () => fetcher.wakeup(),
        close: () => fetcher.close(),
      }
    },
  }
}
