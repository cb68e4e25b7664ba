import { afterEach, describe, expect, it } from 'vitest'
import { StateWriteError } from '../../state/index.ts'
import type { Admin, Broker, GroupCoordinator } from '../broker/index.ts'
import { memoryTaskStorages, type TaskStorages } from './index.ts'
import { Application } from './testing/application.ts'
import { counting } from './testing/counting.ts'
import { tasksIn } from './testing/tasks-in.ts'

const CHANGELOG = 'app-counts-changelog'

let application: Application | undefined

afterEach(async () => {
  await application?.close()
  application = undefined
})

async function open(partitions: number): Promise<Application> {
  application = await Application.open({ topology: counting(), topics: ['in', 'out'], partitions })
  return application
}

describe('A task whose committed offset is held up by a transaction that nobody ends', () => {
  const heldUp = (broker: Broker): Broker => ({
    admin: broker.admin,
    openFetcher: () => broker.openFetcher(),
    openProducer: (options) => broker.openProducer(options),
    close: () => broker.close(),
    groups: { ...groupsOf(broker), committedOffsets: holdUp(broker) },
  })
  const holdUp =
    (broker: Broker): GroupCoordinator['committedOffsets'] =>
    (groupId, partitions) =>
      partitions.some(({ partition }) => partition === 1)
        ? new Promise(() => undefined)
        : broker.groups.committedOffsets(groupId, partitions)

  it('does not keep its instance from stopping', async () => {
    const app = await open(2)
    const one = await app.start('one', { broker: heldUp(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 1 && tasksIn(one, 'restoring').length === 1)
    await one.stop()
    expect(one.tasks()).toMatchObject([{ name: '0_0' }, { name: '0_1' }])
  })

  it('is handed over all the same, and holds up no other task of a rebalance', async () => {
    const app = await open(4)
    const one = await app.start('one', { broker: heldUp(app.broker) })
    await app.until(() => tasksIn(one, 'running').length === 3)
    const two = await app.start('two')
    await app.until(() => tasksIn(two, 'running').length === 2 && one.state === 'running')
    await one.stop()
    await app.until(() => tasksIn(two, 'running').length === 4)
  })
})

describe('A restore', () => {
  it('goes to the end of the changelog, though its new leader hands over less for a moment', async () => {
    const app = await open(1)
    const first = await app.start('one')
    await app.send('in', ...Array.from({ length: 5 }, () => ['a', 'x'] as const))
    await app.rows('out', 5)
    await first.stop()
    let behind = 5
    let firstEnd = true
    const admin: Admin = {
      ...adminOf(app.broker),
      listOffsets: async (partitions, at) => {
        const offsets = await app.broker.admin.listOffsets(partitions, at)
        if ((at !== 'latest' && at !== 'settled') || partitions[0]?.topic !== CHANGELOG) return offsets
        if (!firstEnd && behind > 0) return offsets.map((one) => ({ ...one, offset: 0 }))
        firstEnd = false
        return offsets
      },
    }
    const broker: Broker = {
      admin,
      groups: app.broker.groups,
      openProducer: (options) => app.broker.openProducer(options),
      close: () => app.broker.close(),
      openFetcher: () => {
        const fetcher = app.broker.openFetcher()
        return {
          wakeup: () => fetcher.wakeup(),
          close: () => fetcher.close(),
          fetch: async (partitions, options) =>
            partitions[0]?.topic === CHANGELOG && behind-- > 0 ? [] : fetcher.fetch(partitions, options),
        }
      },
    }
    await app.start('one', { broker, storages: memoryTaskStorages() })
    await app.send('in', ['a', 'x'])
    expect((await app.rows('out', 6)).at(-1)?.value).toBe('6')
  })
})

describe('A storage that refuses a write in the midst of a restore', () => {
  it('is opened again, and the restore goes to its end', async () => {
    const app = await open(1)
    const first = await app.start('one')
    await app.send('in', ...Array.from({ length: 5 }, () => ['a', 'x'] as const))
    await app.rows('out', 5)
    await first.stop()
    const storages = memoryTaskStorages()
    let refusals = 0
    const refusing: TaskStorages = {
      ...storages,
      open: async (task) => {
        const storage = await storages.open(task)
        const write: typeof storage.write = async (batch, options) => {
          if (refusals++ < 2) throw new StateWriteError('The disk is full.')
          return storage.write(batch, options)
        }
        return {
          get: (key) => storage.get(key),
          scan: (range) => storage.scan(range),
          clear: (range) => storage.clear(range),
          close: () => storage.close(),
          write,
        }
      },
    }
    const two = await app.start('two', { storages: refusing })
    await app.send('in', ['a', 'x'])
    expect((await app.rows('out', 6)).at(-1)?.value).toBe('6')
    expect(refusals).toBeGreaterThan(2)
    expect(two.state).toBe('running')
  })
})

function groupsOf({ groups }: Broker): GroupCoordinator {
  return {
    join: (request) => groups.join(request),
    sync: (request) => groups.sync(request),
    heartbeat: (member) => groups.heartbeat(member),
    leave: (groupId, memberId) => groups.leave(groupId, memberId),
    assignments: (groupId) => groups.assignments(groupId),
    committedOffsets: (groupId, partitions) => groups.committedOffsets(groupId, partitions),
  }
}

function adminOf({ admin }: Broker): Admin {
  return {
    brokerCount: () => admin.brokerCount(),
    createTopics: (topics) => admin.createTopics(topics),
    describeTopics: (names) => admin.describeTopics(names),
    alterTopic: (name, config) => admin.alterTopic(name, config),
    createPartitions: (name, partitions) => admin.createPartitions(name, partitions),
    deleteTopics: (names) => admin.deleteTopics(names),
    listOffsets: (partitions, at) => admin.listOffsets(partitions, at),
    openTransactions: () => admin.openTransactions(),
    deleteRecords: (offsets) => admin.deleteRecords(offsets),
    alterOffsets: (groupId, offsets) => admin.alterOffsets(groupId, offsets),
  }
}
