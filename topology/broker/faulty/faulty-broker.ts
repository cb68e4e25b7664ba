import type { Random, Timers } from '../../ports.ts'
import type { Admin, Broker, Fetcher, FetchOptions, FetchPartition, FetchedPartition, GroupCoordinator, Producer } from '../broker.ts'
import { OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import type { FaultProfile } from './fault-profile.ts'
import { FaultyLink } from './faulty-link.ts'

export interface FaultyBrokerOptions {
  /** The broker as it is now: after a crash the next call finds the one that was opened since. */
  readonly target: () => Broker
  readonly profile: FaultProfile
  readonly random: Random
  readonly timers: Timers
}

/**
 * One client's view of a broker over a bad link, for simulations: give every client its own. The same random numbers make
 * the same faults. It fails as the seam allows and no worse: a call that may be made again fails as retriable, a lost commit
 * or send leaves the outcome unknown.
 */
export function faultyBroker(options: FaultyBrokerOptions): Broker {
  const { target } = options
  const link = new FaultyLink(options.profile, options.random, options.timers)
  const retriable = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    link.call(work, (what) => new RetriableBrokerError(`The ${what} of ${name} was lost.`))

  const groups: GroupCoordinator = {
    join: (request) => retriable('join', () => target().groups.join(request)),
    sync: (request) => retriable('sync', () => target().groups.sync(request)),
    heartbeat: (member) => retriable('heartbeat', () => target().groups.heartbeat(member)),
    leave: (groupId, memberId) => retriable('leave', () => target().groups.leave(groupId, memberId)),
    assignments: (groupId) => retriable('assignments', () => target().groups.assignments(groupId)),
    committedOffsets: (groupId, partitions) => retriable('committedOffsets', () => target().groups.committedOffsets(groupId, partitions)),
  }
  const admin: Admin = {
    brokerCount: () => retriable('brokerCount', () => target().admin.brokerCount()),
    createTopics: (topics) => retriable('createTopics', () => target().admin.createTopics(topics)),
    describeTopics: (names) => retriable('describeTopics', () => target().admin.describeTopics(names)),
    alterTopic: (name, config) => retriable('alterTopic', () => target().admin.alterTopic(name, config)),
    createPartitions: (name, partitions) => retriable('createPartitions', () => target().admin.createPartitions(name, partitions)),
    deleteTopics: (names) => retriable('deleteTopics', () => target().admin.deleteTopics(names)),
    listOffsets: (partitions, at) => retriable('listOffsets', () => target().admin.listOffsets(partitions, at)),
    openTransactions: () => retriable('openTransactions', () => target().admin.openTransactions()),
    deleteRecords: (offsets) => retriable('deleteRecords', () => target().admin.deleteRecords(offsets)),
    alterOffsets: (groupId, offsets) => retriable('alterOffsets', () => target().admin.alterOffsets(groupId, offsets)),
  }
  return {
    admin,
    groups,
    openFetcher: () => new FaultyFetcher(target, retriable),
    openProducer: async (producer) => faultyProducer(await retriable('openProducer', () => target().openProducer(producer)), link),
    close: () => target().close(),
  }
}

type Retriable = <T>(name: string, work: () => Promise<T>) => Promise<T>

class FaultyFetcher implements Fetcher {
  readonly #target: () => Broker
  readonly #retriable: Retriable
  #broker: Broker
  #fetcher: Fetcher
  #underWay = false
  #woken = false

  constructor(target: () => Broker, retriable: Retriable) {
    this.#target = target
    this.#retriable = retriable
    this.#broker = target()
    this.#fetcher = this.#broker.openFetcher()
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    this.#woken = false
    this.#underWay = true
    try {
      return await this.#retriable('fetch', () => this.#current().fetch(partitions, this.#woken ? { ...options, maxWaitMs: 0 } : options))
    } finally {
      this.#underWay = false
    }
  }

  /** A wake-up that meets the request still on its way ends the wait before it begins. */
  wakeup(): void {
    this.#woken = this.#underWay
    this.#fetcher.wakeup()
  }

  close(): Promise<void> {
    return this.#fetcher.close()
  }

  #current(): Fetcher {
    const broker = this.#target()
    if (broker !== this.#broker) {
      this.#broker = broker
      this.#fetcher = broker.openFetcher()
    }
    return this.#fetcher
  }
}

/** A send must not be made again when its answer is lost: the records may be in the transaction already. */
function faultyProducer(producer: Producer, link: FaultyLink): Producer {
  const unknown =
    (name: string) =>
    (what: string): Error =>
      new OutcomeUnknownError(`The ${what} of ${name} was lost.`)
  let isUnderWay = false
  return {
    send: (topic, partition, batch) => {
      link.freezeIfDue()
      return link.call(() => producer.send(topic, partition, batch), unknown('send'))
    },
    sendOffsets: (group, offsets) => link.call(() => producer.sendOffsets(group, offsets), unknown('sendOffsets')),
    commit: async () => {
      isUnderWay = link.overtaken(() => producer.commit())
      if (isUnderWay) throw unknown('commit')('answer')
      return link.call(() => producer.commit(), unknown('commit'))
    },
    abort: () => link.call(() => producer.abort(), unknown('abort')),
    // A request that is under way reaches the broker whatever becomes of the client.
    close: async () => {
      if (!isUnderWay) await producer.close()
    },
  }
}
