import {
  FatalBrokerError,
  StaleGenerationError,
  type Broker,
  type GroupMember,
  type OffsetAndMetadata,
  type PartitionOffset,
  type Producer,
} from '../../broker/index.ts'
import { messageOf, TaskMigratedError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { OutageLog } from '../outage-log.ts'
import { joinedBatches } from './joined-batches.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { transactionalIdOf } from './transactional-id.ts'

/** Under which member and generation offsets are stored. */
export interface CommitIdentity {
  /** Throws `TaskMigratedError` while the instance is not a member. */
  member(): GroupMember
  /** The same once the group is past a generation. Rejects with `TaskMigratedError` when the instance is no longer a member. */
  memberAfter(generation: number): Promise<GroupMember>
}

export interface GroupCommitOptions {
  readonly applicationId: string
  readonly instanceId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly guarantee: 'exactly_once' | 'at_least_once'
  /** Undefined: the broker's default. */
  readonly transactionTimeoutMs?: number | undefined
  readonly identity: CommitIdentity
}

/** What a task makes permanent. */
export interface TaskCommit {
  readonly outputs: OutputBuffer
  /** Its input offsets; at least one, because it is by its offsets that the coordinator fences a former owner of the task. */
  readonly offsets: readonly OffsetAndMetadata[]
}

interface PendingCommit extends TaskCommit {
  resolve(ends: readonly PartitionOffset[]): void
  reject(error: unknown): void
}

/** A transactional id and its producer; after an error another one is opened in its place. */
interface ProducerSlot {
  readonly transactionalId: string
  producer: Promise<Producer> | undefined
}

/** Producers take turns: Kafka rejects a producer's next transaction until the markers of its last one are written, a while after EndTxn was answered. */
const PRODUCERS = 4
/** With this many records waiting, a second transaction starts beside the one under way. */
const MANY_RECORDS = 1_000
const TRANSACTIONS = 2
const RETRY_MS = 100

/**
 * Commits for all tasks of an instance. Commits that arrive while the broker is busy with earlier transactions go into one transaction together (a
 * database's group commit): the busier the broker, the fewer and larger the transactions (DECISIONS 78).
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #slots: readonly ProducerSlot[]
  /** The slot that has been idle longest comes first. */
  readonly #idle: ProducerSlot[]
  readonly #outage: OutageLog
  #pending: PendingCommit[] = []
  #isClosed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
    this.#slots = Array.from({ length: PRODUCERS }, (_, index) => ({
      transactionalId: transactionalIdOf(options.applicationId, options.instanceId, index),
      producer: undefined,
    }))
    this.#idle = [...this.#slots]
  }

  /** Opens the producers, which fences a former instance of this name; `transactionsDecided` tells when that is done. */
  start(): void {
    for (const slot of this.#slots) this.#open(slot)
  }

  /**
   * Resolves with the offset after the last record written to each partition, of all tasks in the transaction. After an error its outcome is
   * unknown until `transactionsDecided` has resolved.
   */
  commit(work: TaskCommit): Promise<readonly PartitionOffset[]> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...work, resolve, reject })
      this.#next()
    })
  }

  /** Resolves when every transaction that failed before has been committed or aborted. */
  async transactionsDecided(): Promise<void> {
    for (const { producer } of this.#slots) await producer
  }

  close(): void {
    this.#isClosed = true
    for (const { producer } of this.#slots) {
      producer?.then(
        (opened) => opened.close(),
        () => undefined,
      )
    }
  }

  #next(): void {
    const underWay = this.#slots.length - this.#idle.length
    if (this.#pending.length === 0 || underWay === TRANSACTIONS) return
    if (underWay > 0 && this.#pending.reduce((sum, { outputs }) => sum + outputs.records, 0) < MANY_RECORDS) return
    const slot = this.#idle.shift()
    if (slot === undefined) return
    const commits = this.#pending
    this.#pending = []
    void this.#run(slot, commits)
  }

  async #run(slot: ProducerSlot, commits: readonly PendingCommit[]): Promise<void> {
    try {
      const ends = await this.#transact(slot, commits)
      for (const { resolve } of commits) resolve(ends)
    } catch (error) {
      this.#open(slot)
      for (const { reject } of commits) reject(error)
    }
    this.#idle.push(slot)
    this.#next()
  }

  async #transact(slot: ProducerSlot, commits: readonly TaskCommit[]): Promise<readonly PartitionOffset[]> {
    const producer = await slot.producer
    if (this.#isClosed) throw new TaskMigratedError(`Instance ${this.#options.instanceId} commits nothing any more`)
    if (producer === undefined) throw new TaskMigratedError(`Instance ${this.#options.instanceId} has not been started`)
    this.#options.identity.member() // throws before anything is sent
    const batches = joinedBatches(commits.map(({ outputs }) => outputs))
    await Promise.all(batches.map(({ topic, partition, builder }) => producer.send(topic, partition, builder)))
    await this.#storeOffsets(
      producer,
      commits.flatMap(({ offsets }) => offsets),
    )
    return producer.commit()
  }

  /**
   * In this generation or the next one: a member names all tasks that it owns when it joins, and no other member gets them before it has joined without
   * them, so that the next generation is as good (DECISIONS 87).
   */
  async #storeOffsets(producer: Producer, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    const { identity } = this.#options
    for (let member = identity.member(); ; member = await identity.memberAfter(member.generation)) {
      try {
        return await producer.sendOffsets(member, offsets)
      } catch (error) {
        if (!(error instanceof StaleGenerationError)) throw error
      }
    }
  }

  #open(slot: ProducerSlot): void {
    slot.producer = this.#openProducer(slot.transactionalId)
    slot.producer.catch(() => undefined) // surfaces in the next commit() and in transactionsDecided()
  }

  async #openProducer(transactionalId: string): Promise<Producer> {
    const { broker, guarantee, instanceId, ports, transactionTimeoutMs } = this.#options
    const transactional = { transactionalId, ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }) }
    for (;;) {
      if (this.#isClosed) throw new TaskMigratedError(`Instance ${instanceId} is stopping`)
      try {
        const producer = await broker.openProducer(guarantee === 'exactly_once' ? transactional : {})
        this.#outage.recovered('a producer is open again', { transactionalId })
        return producer
      } catch (error) {
        if (error instanceof FatalBrokerError) throw error
        this.#outage.failed('a producer cannot be opened; it is retried', messageOf(error), { code: 'producer-not-open', transactionalId })
        await ports.timers.sleep(RETRY_MS)
      }
    }
  }
}
