import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StateWriteError } from '../../../state/index.ts'
import { partitionOf, type Broker, type Fetcher, type TopicPartition } from '../../broker/index.ts'
import { override } from '../../testing/override.ts'
import { levelTaskStorages, memoryTaskStorages, type TaskStorages } from '../index.ts'
import type { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'
import { withCommits } from '../testing/with-producers.ts'

const CHANGELOG = 'app-counts-changelog'

function open(partitions = 1): Promise<Application> {
  return openApplication({ topology: counting(), topics: ['in', 'out'], partitions })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)
const restored = (streams: { tasks(): readonly { restored: number }[] }): number =>
  streams.tasks().reduce((sum, task) => sum + task.restored, 0)

describe('Local state', () => {
  it('on disk is reused after a stop and after a kill', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bob-task-'))
    const app = await open()
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

  it('of tasks that share a transaction has its own position for each task', async () => {
    const app = await open(4)
    let transactions = 0
    const slow = withCommits(app.broker, async (commit) => {
      transactions++
      await app.ports.timers.sleep(20)
      return commit()
    })
    const one = await app.start('one', { broker: slow })
    const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`)
    const records = keys.flatMap((key) => Array.from({ length: 1 + partitionOf(Buffer.from(key), 4) }, () => [key, 'x'] as const))
    await app.send('in', ...records)
    await app.rows('out', records.length)
    const commits = (): number => one.tasks().reduce((sum, task) => sum + task.commits, 0)
    await app.until(() => commits() >= 4)
    expect(transactions).toBeLessThan(commits())
    for (let partition = 0; partition < 4; partition++) {
      const [end] = await app.broker.admin.listOffsets([{ topic: CHANGELOG, partition }], 'stable')
      const afterLastRecord = (end?.offset ?? 0) - 1 // the transaction's marker is the last offset
      expect(one.task(`0_${partition}`)?.state?.position('counts')).toBe(afterLastRecord)
    }
  })

  it('that is damaged is wiped and restored', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bob-task-'))
    const app = await open()
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

  it('is restored to the end of its changelog, even if the first fetch returns nothing', async () => {
    const app = await open()
    const one = await app.start('one')
    await app.send('in', ['a', 'x'], ['a', 'x'])
    await app.rows('out', 2)
    await one.stop()
    let isEmpty = true
    const broker = withFetches(app.broker, (partitions, fetch) => {
      if (!isEmpty || !partitions.some(({ topic }) => topic === CHANGELOG)) return fetch()
      isEmpty = false
      return Promise.resolve([])
    })
    await app.start('two', { broker })
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 3))).toEqual(['1', '2', '3'])
  })

  it('of before the application was reset is not reused', async () => {
    const app = await open()
    const storages = memoryTaskStorages()
    const one = await app.start('one', { storages })
    await app.send('in', ['a', 'x'])
    await app.rows('out', 1)
    await one.stop()
    const topics = (await app.broker.admin.describeTopics()).map(({ name }) => name)
    await app.broker.admin.deleteTopics(topics.filter((name) => name === 'in' || name.startsWith('app-')))
    await app.broker.admin.createTopics([{ name: 'in', partitions: 1 }])
    await app.start('one', { storages })
    await app.send('in', ['a', 'x'])
    expect(values(await app.rows('out', 2)).at(-1)).toBe('1')
  })
})

describe('A restore', () => {
  it('continues to the end of the changelog although its new leader serves less for a moment', async () => {
    const app = await open()
    const first = await app.start('one')
    await app.send('in', ...Array.from({ length: 5 }, () => ['a', 'x'] as const))
    await app.rows('out', 5)
    await first.stop()
    let emptyFetches = 5
    let isFirstEnd = true
    const admin = override(app.broker.admin, {
      listOffsets: async (partitions, at) => {
        const offsets = await app.broker.admin.listOffsets(partitions, at)
        if ((at !== 'latest' && at !== 'stable') || partitions[0]?.topic !== CHANGELOG) return offsets
        if (!isFirstEnd && emptyFetches > 0) return offsets.map((end) => ({ ...end, offset: 0 }))
        isFirstEnd = false
        return offsets
      },
    })
    const broker = withFetches(app.broker, (partitions, fetch) =>
      partitions[0]?.topic === CHANGELOG && emptyFetches-- > 0 ? Promise.resolve([]) : fetch(),
    )
    await app.start('one', { broker: override(broker, { admin }), storages: memoryTaskStorages() })
    await app.send('in', ['a', 'x'])
    expect((await app.rows('out', 6)).at(-1)?.value).toBe('6')
  })
})

describe('A storage that fails to write during a restore', () => {
  it('is opened again, and the restore continues to the end', async () => {
    const app = await open()
    const first = await app.start('one')
    await app.send('in', ...Array.from({ length: 5 }, () => ['a', 'x'] as const))
    await app.rows('out', 5)
    await first.stop()
    const storages = memoryTaskStorages()
    let failures = 0
    const failing: TaskStorages = {
      ...storages,
      open: async (task) => {
        const storage = await storages.open(task)
        return override(storage, {
          batch: () => {
            const batch = storage.batch()
            const write: typeof batch.write = async (options) => {
              if (failures++ < 2) throw new StateWriteError('The disk is full.')
              return batch.write(options)
            }
            return override(batch, { write })
          },
        })
      },
    }
    const two = await app.start('two', { storages: failing })
    await app.send('in', ['a', 'x'])
    expect((await app.rows('out', 6)).at(-1)?.value).toBe('6')
    expect(failures).toBeGreaterThan(2)
    expect(two.state).toBe('running')
  })
})

/** A broker whose fetches go through `around`, which may answer with nothing. */
function withFetches(
  broker: Broker,
  around: (partitions: readonly TopicPartition[], fetch: () => ReturnType<Fetcher['fetch']>) => ReturnType<Fetcher['fetch']>,
): Broker {
  return override(broker, {
    openFetcher: () => {
      const fetcher = broker.openFetcher()
      return override(fetcher, { fetch: (partitions, options) => around(partitions, () => fetcher.fetch(partitions, options)) })
    },
  })
}
