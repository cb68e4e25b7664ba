import { openTaskState } from '../../state/index.ts'
import { decodeAssignment, type Broker, type Fetcher, type Producer, type StreamsOptions, type TaskStorages } from '../../topology/index.ts'

/** Where a processor can be told to end itself, as by kill -9: between any two steps of a task's life that belong together. */
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
  /** At its how manieth passing, from 1. */
  readonly passing: number
}

const CHANGELOG = '-changelog'
const SAGA_STEPS = 'bank-account-commands'

/** `point:passing`. Undefined for anything else. */
export function parseCrashPlan(text: string): CrashPlan | undefined {
  const [name, passing] = text.split(':')
  const point = CRASH_POINTS.find((one) => one === name)
  const number = Number(passing)
  return point === undefined || !Number.isSafeInteger(number) || number < 1 ? undefined : { point, passing: number }
}

/** The broker and the stores of an instance that ends itself at the planned point. */
export function crashing(
  broker: Broker,
  storages: TaskStorages,
  { point, passing }: CrashPlan,
): Required<Pick<StreamsOptions, 'broker' | 'storages' | 'openState'>> {
  let passed = 0
  const pass = (here: CrashPoint): void => {
    if (here === point && ++passed === passing) process.kill(process.pid, 'SIGKILL')
  }
  const before = (topic: string): void => {
    if (topic.endsWith(CHANGELOG)) pass('before-changelog-send')
  }
  const after = (topic: string): void => {
    pass(topic.endsWith(CHANGELOG) ? 'after-changelog-send' : 'after-output')
    if (topic === SAGA_STEPS) pass('in-saga-step')
  }
  /** Tasks that it has, and those that it had a copy of when it was given them. */
  let active: readonly string[] = []
  const copied = new Set<string>()
  return {
    broker: {
      admin: broker.admin,
      groups: {
        join: (request) => broker.groups.join(request),
        sync: async (request) => {
          const answer = await broker.groups.sync(request)
          active = decodeAssignment(answer).active
          pass('in-rebalance')
          return answer
        },
        heartbeat: (member) => broker.groups.heartbeat(member),
        leave: (groupId, memberId) => broker.groups.leave(groupId, memberId),
        assignments: (groupId) => broker.groups.assignments(groupId),
        committedOffsets: async (groupId, partitions) => {
          const offsets = await broker.groups.committedOffsets(groupId, partitions)
          pass('after-reading-offset')
          return offsets
        },
      },
      openFetcher: () => fetcherOf(broker.openFetcher(), pass),
      openProducer: async (options) => {
        const producer = await broker.openProducer(options)
        pass('after-fencing')
        return producerOf(producer, { before, after, pass })
      },
      close: () => broker.close(),
    },
    storages: {
      open: (task) => {
        const name = `${task.subtopology}_${task.partition}`
        if (!active.includes(name)) copied.add(name)
        else if (copied.delete(name)) pass('in-promotion')
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

/** Changelogs are fetched only to restore them. */
function fetcherOf(fetcher: Fetcher, pass: (here: CrashPoint) => void): Fetcher {
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

interface Passing {
  before(topic: string): void
  after(topic: string): void
  pass(here: CrashPoint): void
}

function producerOf(producer: Producer, { before, after, pass }: Passing): Producer {
  return {
    send: async (topic, partition, batch) => {
      before(topic)
      await producer.send(topic, partition, batch)
      after(topic)
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
