import type { Random, Timers } from '../../ports.ts'
import type { Admin, Broker, Fetcher, FetchOptions, FetchPartition, FetchedPartition, GroupCoordinator, Producer } from '../broker.ts'
import { OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import { ProducerGuard } from '../producer-guard.ts'
import type { FaultProfile } from './fault-profile.ts'
import { FaultyConnection } from './faulty-connection.ts'

export interface FaultyBrokerOptions {
  /** The current broker, asked for at each call: after a crash that is the broker opened since. */
  readonly target: () => Broker
  readonly profile: FaultProfile
  readonly random: Random
  readonly timers: Timers
}

/**
 * One client's view of a broker over an unreliable connection, for simulations; each client needs its own. The same random numbers
 * produce the same faults. It fails only as the seam allows: a call that may be repeated fails with `RetriableBrokerError`, a producer's
 * call with `OutcomeUnknownError`.
 */
export function faultyBroker(options: FaultyBrokerOptions): Broker {
  const { target } = options
  const connection = new FaultyConnection(options.profile, options.random, options.timers)
  const retriable = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    connection.call(work, (what) => new RetriableBrokerError(`The ${what} of ${name} was lost.`))

  const groups: GroupCoordinator = {
    join: (request) => retriable('join', () => target().groups.join(request)),
    sync: (request) => retriable('sync', () => target().groups.sync(request)),
    heartbeat: (member) => retriable('heartbeat', () => target().groups.heartbeat(member)),
    leave: (groupId, memberId) => retriable('leave', () => target().groups.leave(groupId, memberId)),
    remove: (groupId, member) => retriable('remove', () => target().groups.remove(groupId, member)),
    members: (groupId) => retriable('members', () => target().groups.members(groupId)),
    keepAlive: (member, times) => target().groups.keepAlive(member, times),
    release: (groupId, memberId) => target().groups.release(groupId, memberId),
    assignments: (groupId) => retriable('assignments', () => target().groups.assignments(groupId)),
    committedOffsets: (groupId, partitions, options) =>
      retriable('committedOffsets', () => target().groups.committedOffsets(groupId, partitions, options)),
  }
  const admin: Admin = {
    brokerCount: () => retriable('brokerCount', () => target().admin.brokerCount()),
    createTopics: (topics) => retriable('createTopics', () => target().admin.createTopics(topics)),
    describeTopics: (names, options) => retriable('describeTopics', () => target().admin.describeTopics(names, options)),
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
    openProducer: async (producerOptions) => {
      const producer = await retriable('openProducer', () => target().openProducer(producerOptions))
      return faultyProducer(producer, connection, producerOptions.transactionalId !== undefined)
    },
    close: () => target().close(),
  }
}

type Retriable = <T>(name: string, work: () => Promise<T>) => Promise<T>

class FaultyFetcher implements Fetcher {
  readonly #target: () => Broker
  readonly #retriable: Retriable
  #broker: Broker
  #fetcher: Fetcher
  #isFetching = false
  #isWoken = false

  constructor(target: () => Broker, retriable: Retriable) {
    this.#target = target
    this.#retriable = retriable
    this.#broker = target()
    this.#fetcher = this.#broker.openFetcher()
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    this.#isWoken = false
    this.#isFetching = true
    try {
      return await this.#retriable('fetch', () => this.#current().fetch(partitions, this.#isWoken ? { ...options, maxWaitMs: 0 } : options))
    } finally {
      this.#isFetching = false
    }
  }

  /** A wake-up while the request is still delayed makes the fetch not wait at all once it arrives. */
  wakeup(): void {
    this.#isWoken = this.#isFetching
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

/**
 * A lost call leaves the outcome unknown, because the request may have had its effect: repeating a send could write its records twice.
 * Like any such error it spends a transactional producer (`ProducerGuard`).
 */
function faultyProducer(producer: Producer, connection: FaultyConnection, isTransactional: boolean): Producer {
  const unknownOutcome =
    (name: string) =>
    (what: string): Error =>
      new OutcomeUnknownError(`The ${what} of ${name} was lost: open another producer.`)
  const guard = new ProducerGuard()
  const guarded = <T>(call: () => Promise<T>): Promise<T> => (isTransactional ? guard.run(call) : call())
  let isCommitPending = false
  return {
    send: (topic, partition, batch) =>
      guarded(() => {
        connection.freezeIfDue()
        return connection.call(() => producer.send(topic, partition, batch), unknownOutcome('send'))
      }),
    sendOffsets: (group, offsets) =>
      guarded(() => connection.call(() => producer.sendOffsets(group, offsets), unknownOutcome('sendOffsets'))),
    commit: () =>
      guarded(async () => {
        isCommitPending = connection.deliverLate(() => producer.commit())
        if (isCommitPending) throw unknownOutcome('commit')('response')
        return connection.call(() => producer.commit(), unknownOutcome('commit'))
      }),
    abort: () => guarded(() => connection.call(() => producer.abort(), unknownOutcome('abort'))),
    // A request in flight reaches the broker even when its client is gone.
    close: async () => {
      if (!isCommitPending) await producer.close()
    },
  }
}
