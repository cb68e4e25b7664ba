import {
  FatalBrokerError,
  StaleGenerationError,
  type Broker,
  type GroupMember,
  type PartitionOffset,
  type Producer,
} from '../../broker/index.ts'
import type { Ports } from '../../ports.ts'
import { messageOf, TaskMigratedError } from '../../errors.ts'
import { joinedBatches } from './joined-batches.ts'
import type { OutputBuffer } from './output-buffer.ts'
import { transactionalIdOf } from './transactional-id.ts'

export interface GroupCommitOptions {
  readonly applicationId: string
  readonly instanceId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly guarantee: 'exactly_once' | 'at_least_once'
  /** This instance in the group: with whose generation offsets are stored. Throws when it is out. */
  member(): GroupMember
  /** The same once the group has gone on from a generation. Rejects when this instance is out. */
  memberAfter(generation: number): Promise<GroupMember>
}

/** What a task wants made permanent. */
export interface TaskCommit {
  readonly outputs: OutputBuffer
  /** Where its inputs go on; at least one, since it is by them that the group refuses who has lost the task. */
  readonly offsets: readonly PartitionOffset[]
}

interface Waiting extends TaskCommit {
  resolve(ends: readonly PartitionOffset[]): void
  reject(error: unknown): void
}

/** A producer, and the one that takes its place after an error. */
interface Lane {
  readonly transactionalId: string
  producer: Promise<Producer> | undefined
}

/** Kafka takes a producer's next transaction only when the markers of its last one are written, a while after that was answered: they take turns. */
const PRODUCERS = 4
/** So many records are not kept waiting for the transaction under way: they go with a second one beside it. */
const MANY_RECORDS = 1_000
const TRANSACTIONS = 2
const RETRY_MS = 100

/**
 * Where an instance's tasks commit. What several want made permanent while the broker is busy with the transactions of others goes
 * into one together (a database's group commit): the busier it is, the fewer and larger they are.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #lanes: readonly Lane[]
  /** The one that has rested longest comes first. */
  readonly #idle: Lane[]
  #waiting: Waiting[] = []
  #isClosed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#lanes = Array.from({ length: PRODUCERS }, (_, at) => ({
      transactionalId: transactionalIdOf(options.applicationId, options.instanceId, at),
      producer: undefined,
    }))
    this.#idle = [...this.#lanes]
  }

  /** Opens the producers, which fences whoever had this instance's name before; `settled` tells when that is done. */
  start(): void {
    for (const lane of this.#lanes) this.#open(lane)
  }

  /**
   * Resolves with the offsets behind what was written to each partition, whichever task's it is. After an error it is not known what
   * became of it before `settled` has resolved.
   */
  commit(work: TaskCommit): Promise<readonly PartitionOffset[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...work, resolve, reject })
      this.#next()
    })
  }

  /** Resolves when every transaction that failed before has ended one way or the other. */
  async settled(): Promise<void> {
    for (const { producer } of this.#lanes) await producer
  }

  close(): void {
    this.#isClosed = true
    for (const { producer } of this.#lanes) {
      producer?.then(
        (opened) => opened.close(),
        () => undefined,
      )
    }
  }

  #next(): void {
    const underWay = this.#lanes.length - this.#idle.length
    if (this.#waiting.length === 0 || underWay === TRANSACTIONS) return
    if (underWay > 0 && this.#waiting.reduce((sum, { outputs }) => sum + outputs.records, 0) < MANY_RECORDS) return
    const lane = this.#idle.shift()
    if (lane === undefined) return
    const works = this.#waiting
    this.#waiting = []
    void this.#run(lane, works)
  }

  async #run(lane: Lane, works: readonly Waiting[]): Promise<void> {
    try {
      const ends = await this.#transact(lane, works)
      for (const { resolve } of works) resolve(ends)
    } catch (error) {
      this.#open(lane)
      for (const { reject } of works) reject(error)
    }
    this.#idle.push(lane)
    this.#next()
  }

  async #transact(lane: Lane, works: readonly TaskCommit[]): Promise<readonly PartitionOffset[]> {
    const producer = await lane.producer
    if (producer === undefined) throw new TaskMigratedError('The instance has not been started')
    this.#options.member() // who is out sends nothing
    const batches = joinedBatches(works.map(({ outputs }) => outputs))
    await Promise.all(batches.map(({ topic, partition, builder }) => producer.send(topic, partition, builder)))
    await this.#storeOffsets(
      producer,
      works.flatMap(({ offsets }) => offsets),
    )
    return producer.commit()
  }

  /** In the generation by now, or in the one after: tasks stay with their instance until it has given them up, and it leaves with no commit under way. */
  async #storeOffsets(producer: Producer, offsets: readonly PartitionOffset[]): Promise<void> {
    for (let member = this.#options.member(); ; member = await this.#options.memberAfter(member.generation)) {
      try {
        return await producer.sendOffsets(member, offsets)
      } catch (error) {
        if (!(error instanceof StaleGenerationError)) throw error
      }
    }
  }

  #open(lane: Lane): void {
    lane.producer = this.#opened(lane.transactionalId)
    lane.producer.catch(() => undefined) // told to who commits next and to who waits until all is settled
  }

  async #opened(transactionalId: string): Promise<Producer> {
    const { broker, guarantee, ports } = this.#options
    for (;;) {
      if (this.#isClosed) throw new TaskMigratedError('The instance stops')
      try {
        return await broker.openProducer(guarantee === 'exactly_once' ? { transactionalId } : {})
      } catch (error) {
        if (error instanceof FatalBrokerError) throw error
        ports.logger.debug('a producer could not be opened yet', { transactionalId, error: messageOf(error) })
        await ports.timers.sleep(RETRY_MS)
      }
    }
  }
}
