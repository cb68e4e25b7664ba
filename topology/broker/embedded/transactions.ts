import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import type { GroupMember, PartitionOffset } from '../broker.ts'
import { FencedError, OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { PendingBatches } from './pending-batches.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { Groups } from './groups.ts'
import type { Journal } from './journal.ts'
import type { PartitionLog } from './partition-log.ts'
import { packNumbers, rangeOf, textOf, textRow, TRANSACTIONAL_ID, unpackNumber } from './keys.ts'
import type { Topics } from './topics.ts'

/** Kafka's default of `transaction.timeout.ms`. */
const DEFAULT_TIMEOUT_MS = 60_000
/** The marker that ends a transaction takes one offset of each of its partitions. */
const MARKER_OFFSETS = 1
/** Epochs are 16 bits in a batch. */
const MAX_EPOCH = 32_767

/** The life of one transactional id over all its holders. */
interface TransactionalId {
  readonly id: string
  producerId: number
  epoch: number
  timeoutMs: number
  transaction: Transaction | undefined
}

interface Transaction {
  readonly batches: PendingBatches
  readonly offsets: {
    readonly groupId: string
    readonly offsets: readonly PartitionOffset[]
  }[]
  readonly settle: (() => void)[]
  readonly timeout: TimerHandle
}

interface TransactionsOptions {
  readonly storage: OrderedStorage
  readonly journal: Journal
  readonly topics: Topics
  readonly offsets: GroupOffsets
  readonly groups: Groups
  readonly ports: Ports
}

/**
 * Transactional ids and their open transactions. What a transaction sends waits in memory and is appended at commit: records
 * of all partitions and offsets in one write of the storage. A crash before it is an abort.
 */
export class Transactions {
  readonly #options: TransactionsOptions
  readonly #ids = new Map<string, TransactionalId>()
  /** Open, or on their way to the disk. */
  readonly #unsettled = new Set<Transaction>()
  #nextProducerId = 1

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  /** Fences the former holder, settles what it left, and answers with the new holder's epoch. */
  async open(id: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<TransactionHolder> {
    let held = this.#ids.get(id)
    if (held === undefined) {
      held = {
        id,
        producerId: this.#nextProducerId++,
        epoch: -1,
        timeoutMs,
        transaction: undefined,
      }
      this.#ids.set(id, held)
    }
    if (held.epoch === MAX_EPOCH) {
      held.producerId = this.#nextProducerId++
      held.epoch = -1
    }
    const epoch = ++held.epoch
    held.timeoutMs = timeoutMs
    const holder: TransactionHolder = {
      held,
      producerId: held.producerId,
      epoch,
    }
    this.#drop(held)
    const row = {
      key: textRow(TRANSACTIONAL_ID, id),
      value: packNumbers(held.producerId, epoch),
    }
    // The journal keeps the order: a commit of the former holder that is on its way is on disk before this.
    await this.#options.journal.append([row], () => {})
    return holder
  }

  send(holder: TransactionHolder, topic: string, partition: number, builder: RecordBatchBuilder): void {
    const transaction = this.#begin(holder)
    const log = this.#options.topics.log(topic, partition)
    if (builder.recordCount > 0) transaction.batches.add(log, topic, partition, builder, holder.producerId, holder.epoch)
  }

  sendOffsets(holder: TransactionHolder, member: GroupMember, offsets: readonly PartitionOffset[]): void {
    checkHolder(holder)
    if (!isOutsider(member)) this.#options.groups.checkMember(member)
    const transaction = this.#begin(holder)
    transaction.offsets.push({ groupId: member.groupId, offsets })
    transaction.settle.push(this.#options.offsets.addPending(member.groupId, offsets))
  }

  async commit(holder: TransactionHolder): Promise<readonly PartitionOffset[]> {
    checkHolder(holder)
    const { held } = holder
    const transaction = held.transaction
    if (transaction === undefined) return []
    transaction.timeout.cancel()
    held.transaction = undefined
    try {
      const operations: StorageOperation[] = []
      const apply: (() => void)[] = []
      const results = transaction.batches.place(MARKER_OFFSETS, this.#options.ports.clock.now(), operations, apply)
      for (const { groupId, offsets } of transaction.offsets) apply.push(this.#options.offsets.change(groupId, offsets, operations))
      await this.#options.journal.append(operations, () => apply.forEach((step) => step()))
      return results
    } catch (error) {
      if (!(error instanceof RetriableBrokerError)) throw error
      throw new OutcomeUnknownError(`It is not known whether the transaction of ${held.id} was committed.`, { cause: error })
    } finally {
      this.#settle(transaction)
    }
  }

  /** Ids whose transaction waits for its holder. */
  openIds(): readonly string[] {
    return [...this.#ids.values()].filter(({ transaction }) => transaction !== undefined).map(({ id }) => id)
  }

  /** Resolves once no transaction has anything for one of the partitions that is neither committed nor dropped. */
  async ended(logs: readonly PartitionLog[]): Promise<void> {
    for (;;) {
      const open = [...this.#unsettled].filter(({ batches }) => logs.some((log) => batches.has(log)))
      if (open.length === 0) return
      await Promise.all(open.map(({ settle }) => new Promise<void>((resolve) => settle.push(resolve))))
    }
  }

  abort(holder: TransactionHolder): void {
    checkHolder(holder)
    this.#drop(holder.held)
  }

  /** A closed producer's open transaction is dropped; its id stays. */
  close(holder: TransactionHolder): void {
    if (isHolder(holder)) this.#drop(holder.held)
  }

  /** Ends the timers and every wait for a transaction. */
  end(): void {
    for (const held of this.#ids.values()) this.#drop(held)
  }

  async restore(): Promise<void> {
    for await (const { key, value } of this.#options.storage.scan(rangeOf(TRANSACTIONAL_ID))) {
      const id = textOf(key)
      const producerId = unpackNumber(value, 0)
      const epoch = unpackNumber(value, 1)
      this.#ids.set(id, {
        id,
        producerId,
        epoch,
        timeoutMs: DEFAULT_TIMEOUT_MS,
        transaction: undefined,
      })
      this.#nextProducerId = Math.max(this.#nextProducerId, producerId + 1)
    }
  }

  #begin(holder: TransactionHolder): Transaction {
    checkHolder(holder)
    const { held } = holder
    if (held.transaction !== undefined) return held.transaction
    const transaction: Transaction = {
      batches: new PendingBatches(),
      offsets: [],
      settle: [],
      timeout: this.#options.ports.timers.setTimeout(() => this.#expire(held), held.timeoutMs),
    }
    held.transaction = transaction
    this.#unsettled.add(transaction)
    return transaction
  }

  /** As in Kafka the broker that aborts also fences: the producer must not go on as if nothing had been. */
  #expire(held: TransactionalId): void {
    this.#options.ports.logger.warn('A transaction took too long and was aborted', { transactionalId: held.id, timeoutMs: held.timeoutMs })
    held.epoch++
    this.#drop(held)
  }

  #drop(held: TransactionalId): void {
    const transaction = held.transaction
    if (transaction === undefined) return
    transaction.timeout.cancel()
    held.transaction = undefined
    this.#settle(transaction)
  }

  #settle(transaction: Transaction): void {
    this.#unsettled.delete(transaction)
    for (const settle of transaction.settle) settle()
  }
}

/** Kafka checks no group for him in a transaction, whoever is in it. */
function isOutsider({ memberId, generation }: GroupMember): boolean {
  return memberId === '' && generation < 0
}

/** The right to a transactional id, until somebody opens it again. */
export interface TransactionHolder {
  readonly held: TransactionalId
  readonly producerId: number
  readonly epoch: number
}

function isHolder({ held, producerId, epoch }: TransactionHolder): boolean {
  return held.epoch === epoch && held.producerId === producerId
}

function checkHolder(holder: TransactionHolder): void {
  if (!isHolder(holder)) throw new FencedError(`The transactional id ${holder.held.id} was opened again, or its transaction took too long.`)
}
