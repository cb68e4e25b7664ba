import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import type { GroupMember, OffsetAndMetadata, PartitionOffset } from '../broker.ts'
import { FatalBrokerError, FencedError, OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { PendingBatches } from './pending-batches.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { Groups } from './groups.ts'
import type { Journal } from './journal.ts'
import type { PartitionLog } from './partition-log.ts'
import { packNumbers, rangeOf, textOf, textRow, TRANSACTIONAL_ID, unpackNumber } from './keys.ts'
import type { Topics } from './topics.ts'

/** Kafka's default for `transaction.timeout.ms`. */
const DEFAULT_TIMEOUT_MS = 60_000
/** As in Kafka, the marker at the end of a transaction takes one offset in each of its partitions. */
const MARKER_OFFSETS = 1
/** Epochs are 16 bits in a batch. */
const MAX_EPOCH = 32_767

/** The state of one transactional id, across all producers that open it. */
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
    readonly offsets: readonly OffsetAndMetadata[]
  }[]
  readonly onEnd: (() => void)[]
  readonly timeout: TimerHandle
}

interface TransactionsOptions {
  readonly storage: OrderedStorage
  readonly journal: Journal
  readonly topics: Topics
  readonly offsets: GroupOffsets
  readonly groups: Groups
  readonly ports: Ports
  readonly maxTimeoutMs: number
}

/**
 * Transactional ids and their open transactions. The batches of a transaction wait in memory until commit, which writes the records of all
 * partitions and the offsets in one write of the storage. A crash before that write aborts the transaction.
 */
export class Transactions {
  readonly #options: TransactionsOptions
  readonly #ids = new Map<string, TransactionalId>()
  /** Neither committed nor aborted: open, or being written. */
  readonly #undecided = new Set<Transaction>()
  #nextProducerId = 1

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  /** Fences the former producer of the id, aborts its open transaction, and returns the new producer's right to the id. */
  async open(id: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<TransactionHolder> {
    const { maxTimeoutMs } = this.#options
    if (!(timeoutMs > 0 && timeoutMs <= maxTimeoutMs)) {
      throw new FatalBrokerError(
        `${id} cannot have transactions of ${timeoutMs} ms: transactionTimeoutMs must be from 1 to ${maxTimeoutMs}, the broker's transaction.max.timeout.ms.`,
      )
    }
    let state = this.#ids.get(id)
    if (state === undefined) {
      state = {
        id,
        producerId: this.#nextProducerId++,
        epoch: -1,
        timeoutMs,
        transaction: undefined,
      }
      this.#ids.set(id, state)
    }
    if (state.epoch === MAX_EPOCH) {
      state.producerId = this.#nextProducerId++
      state.epoch = -1
    }
    const epoch = ++state.epoch
    state.timeoutMs = timeoutMs
    const holder: TransactionHolder = {
      state,
      producerId: state.producerId,
      epoch,
    }
    this.#abort(state)
    const row = {
      key: textRow(TRANSACTIONAL_ID, id),
      value: packNumbers(state.producerId, epoch),
    }
    // The journal keeps the order: a commit of the former producer that is being written is on disk before this row.
    await this.#options.journal.append([row], () => {})
    return holder
  }

  send(holder: TransactionHolder, topic: string, partition: number, builder: RecordBatchBuilder): void {
    const transaction = this.#begin(holder)
    const log = this.#options.topics.logFor(topic, partition, builder)
    if (builder.recordCount > 0) transaction.batches.add(log, topic, partition, builder, holder.producerId, holder.epoch)
  }

  sendOffsets(holder: TransactionHolder, member: GroupMember, offsets: readonly OffsetAndMetadata[]): void {
    checkCurrent(holder)
    if (!isOutsider(member)) this.#options.groups.checkMember(member)
    const transaction = this.#begin(holder)
    transaction.offsets.push({ groupId: member.groupId, offsets })
    transaction.onEnd.push(this.#options.offsets.addPending(member.groupId, offsets))
  }

  async commit(holder: TransactionHolder): Promise<readonly PartitionOffset[]> {
    checkCurrent(holder)
    const { state } = holder
    const transaction = state.transaction
    if (transaction === undefined) return []
    transaction.timeout.cancel()
    state.transaction = undefined
    try {
      const operations: StorageOperation[] = []
      const apply: (() => void)[] = []
      const results = transaction.batches.place(MARKER_OFFSETS, this.#options.ports.clock.now(), operations, apply)
      for (const { groupId, offsets } of transaction.offsets) apply.push(this.#options.offsets.change(groupId, offsets, operations))
      await this.#options.journal.append(operations, () => apply.forEach((step) => step()))
      return results
    } catch (error) {
      if (!(error instanceof RetriableBrokerError)) throw error
      throw new OutcomeUnknownError(`Commit by ${state.id} has an unknown outcome: open the id again and read the committed offset.`, {
        cause: error,
      })
    } finally {
      this.#end(transaction)
    }
  }

  /** The ids with an open transaction. */
  openIds(): readonly string[] {
    return [...this.#ids.values()].filter(({ transaction }) => transaction !== undefined).map(({ id }) => id)
  }

  /** Resolves once no transaction with records for one of these partitions is undecided. */
  async noneOpenIn(logs: readonly PartitionLog[]): Promise<void> {
    for (;;) {
      const open = [...this.#undecided].filter(({ batches }) => logs.some((log) => batches.has(log)))
      if (open.length === 0) return
      await Promise.all(open.map(({ onEnd }) => new Promise<void>((resolve) => onEnd.push(resolve))))
    }
  }

  abort(holder: TransactionHolder): void {
    checkCurrent(holder)
    this.#abort(holder.state)
  }

  /** Aborts the open transaction of a closed producer. */
  close(holder: TransactionHolder): void {
    if (isCurrent(holder)) this.#abort(holder.state)
  }

  /** Aborts all transactions, which cancels their timers and ends all waits for them. */
  end(): void {
    for (const state of this.#ids.values()) this.#abort(state)
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
    checkCurrent(holder)
    const { state } = holder
    if (state.transaction !== undefined) return state.transaction
    const transaction: Transaction = {
      batches: new PendingBatches(),
      offsets: [],
      onEnd: [],
      timeout: this.#options.ports.timers.setTimeout(() => this.#expire(state), state.timeoutMs),
    }
    state.transaction = transaction
    this.#undecided.add(transaction)
    return transaction
  }

  /** Like Kafka, raises the epoch: the producer is fenced, so that it cannot continue after the abort unnoticed. */
  #expire(state: TransactionalId): void {
    this.#options.ports.logger.warn('A transaction timed out and was aborted', { transactionalId: state.id, timeoutMs: state.timeoutMs })
    state.epoch++
    this.#abort(state)
  }

  #abort(state: TransactionalId): void {
    const transaction = state.transaction
    if (transaction === undefined) return
    transaction.timeout.cancel()
    state.transaction = undefined
    this.#end(transaction)
  }

  #end(transaction: Transaction): void {
    this.#undecided.delete(transaction)
    for (const callback of transaction.onEnd) callback()
  }
}

/** Within a transaction Kafka does not check a caller without a member id and generation, even if the group has members. */
function isOutsider({ memberId, generation }: GroupMember): boolean {
  return memberId === '' && generation < 0
}

/** A producer's right to a transactional id. It ends when the id is opened again or a transaction times out. */
export interface TransactionHolder {
  readonly state: TransactionalId
  readonly producerId: number
  readonly epoch: number
}

function isCurrent({ state, producerId, epoch }: TransactionHolder): boolean {
  return state.epoch === epoch && state.producerId === producerId
}

function checkCurrent(holder: TransactionHolder): void {
  if (!isCurrent(holder))
    throw new FencedError(`A producer of ${holder.state.id} is fenced: the id was opened again, or its transaction timed out.`)
}
