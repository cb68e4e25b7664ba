import { openTaskState } from '../../state/index.ts'
import { decodeAssignment, type Broker, type Fetcher, type Producer, type StreamsOptions, type TaskStorages } from '../../topology/index.ts'

/** Where a processor can be configured to kill itself with SIGKILL: between any two steps of a task's life that must be atomic together. */
export const CRASH_POINTS = [
  'after-fencing',
  'after-reading-offset',
  'mid-restore',
  'before-changelog-send',
  'after-changelog-send',
  'after-output',
  'in-saga-step',
  'after-offsets',
  'during-commit',
  'after-commit',
  'before-store-write',
  'after-store-write',
  'in-rebalance',
  'in-promotion',
] as const

export type CrashPoint = (typeof CRASH_POINTS)[number]

export interface CrashPlan {
  readonly point: CrashPoint
  /** Crash at the n-th time the point is reached, from 1. */
  readonly passing: number
}

const CHANGELOG = '-changelog'
const SAGA_STEPS = 'bank-account-commands'

/** Parses `point:passing`. Undefined for any other text. */
export function parseCrashPlan(text: string): CrashPlan | undefined {
  const [name, passing] = text.split(':')
  const point = CRASH_POINTS.find((known) => known === name)
  const number = Number(passing)
  return point === undefined || !Number.isSafeInteger(number) || number < 1 ? undefined : { point, passing: number }
}

/** Decorates the broker and the stores of an instance so that the process kills itself at the planned point. */
export function crashing(
  broker: Broker,
  storages: TaskStorages,
  { point, passing }: CrashPlan,
): Required<Pick<StreamsOptions, 'broker' | 'storages' | 'openState'>> {
  let passed = 0
  const pass = (reached: CrashPoint): void => {
    if (reached === point && ++passed === passing) process.kill(process.pid, 'SIGKILL')
  }
  const beforeSend = (topic: string): void => {
    if (topic.endsWith(CHANGELOG)) pass('before-changelog-send')
  }
  const afterSend = (topic: string): void => {
    pass(topic.endsWith(CHANGELOG) ? 'after-changelog-send' : 'after-output')
    if (topic === SAGA_STEPS) pass('in-saga-step')
  }
  /** Active tasks of the latest assignment, and the tasks that the instance has opened as standbys. */
  let active: readonly string[] = []
  const standbys = new Set<string>()
  return {
    broker: {
      admin: broker.admin,
      groups: {
        join: (request) => broker.groups.join(request),
        sync: async (request) => {
          const assignment = await broker.groups.sync(request)
          active = decodeAssignment(assignment).active
          pass('in-rebalance')
          return assignment
        },
        heartbeat: (member) => broker.groups.heartbeat(member),
        leave: (groupId, memberId) => broker.groups.leave(groupId, memberId),
        remove: (groupId, member) => broker.groups.remove(groupId, member),
        members: (groupId) => broker.groups.members(groupId),
        keepAlive: (member, times) => broker.groups.keepAlive(member, times),
        release: (groupId, memberId) => broker.groups.release(groupId, memberId),
        assignments: (groupId) => broker.groups.assignments(groupId),
        committedOffsets: async (groupId, partitions, options) => {
          const offsets = await broker.groups.committedOffsets(groupId, partitions, options)
          pass('after-reading-offset')
          return offsets
        },
      },
      openFetcher: () => crashingFetcher(broker.openFetcher(), pass),
      openProducer: async (options) => {
        const producer = await broker.openProducer(options)
        pass('after-fencing')
        return crashingProducer(producer, { beforeSend, afterSend, pass })
      },
      close: () => broker.close(),
    },
    storages: {
      open: (task) => {
        const name = `${task.subtopology}_${task.partition}`
        if (!active.includes(name)) standbys.add(name)
        else if (standbys.delete(name)) pass('in-promotion')
        return storages.open(task)
      },
      destroy: (task) => storages.destroy(task),
    },
    openState: async (options) => {
      const state = await openTaskState(options)
      const commit = state.commit.bind(state)
      return Object.assign(state, {
        commit: async (...values: Parameters<typeof commit>) => {
          pass('before-store-write')
          await commit(...values)
          pass('after-store-write')
        },
      })
    },
  }
}

/** A changelog is fetched only to restore from it. */
function crashingFetcher(fetcher: Fetcher, pass: (reached: CrashPoint) => void): Fetcher {
  return {
    fetch: async (partitions, options) => {
      const fetched = await fetcher.fetch(partitions, options)
      if (partitions.some(({ topic }) => topic.endsWith(CHANGELOG))) pass('mid-restore')
      return fetched
    },
    wakeup: () => fetcher.wakeup(),
    close: () => fetcher.close(),
  }
}

interface SendHooks {
  beforeSend(topic: string): void
  afterSend(topic: string): void
  pass(reached: CrashPoint): void
}

function crashingProducer(producer: Producer, { beforeSend, afterSend, pass }: SendHooks): Producer {
  return {
    send: async (topic, partition, batch) => {
      beforeSend(topic)
      await producer.send(topic, partition, batch)
      afterSend(topic)
    },
    sendOffsets: async (group, offsets) => {
      await producer.sendOffsets(group, offsets)
      pass('after-offsets')
    },
    commit: async () => {
      const committed = producer.commit()
      setImmediate(() => pass('during-commit'))
      const ends = await committed
      pass('after-commit')
      return ends
    },
    abort: () => producer.abort(),
    close: () => producer.close(),
  }
}
