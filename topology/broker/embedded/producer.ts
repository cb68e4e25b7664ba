import type { StorageOperation } from '../../../state/index.ts'
import type { Clock } from '../../ports.ts'
import type { CommittedOffset, GroupMember, PartitionOffset, Producer } from '../broker.ts'
import { ProducerGuard } from '../producer-guard.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { partitionName } from '../topic-partition.ts'
import type { Groups } from './groups.ts'
import type { Journal } from './journal.ts'
import { PendingBatches } from './pending-batches.ts'
import type { Topics } from './topics.ts'
import type { TransactionHolder, Transactions } from './transactions.ts'

/** A producer with a transactional id. */
export class TransactionalProducer implements Producer {
  readonly #transactions: Transactions
  readonly #holder: TransactionHolder
  readonly #check: () => void
  readonly #guard = new ProducerGuard()

  /** `check` throws once the broker has stopped. */
  constructor(transactions: Transactions, holder: TransactionHolder, check: () => void) {
    this.#transactions = transactions
    this.#holder = holder
    this.#check = check
  }

  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    return this.#guarded(() => this.#transactions.send(this.#holder, topic, partition, batch))
  }

  sendOffsets(group: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#guarded(() => this.#transactions.sendOffsets(this.#holder, group, offsets))
  }

  commit(): Promise<readonly PartitionOffset[]> {
    return this.#guarded(() => this.#transactions.commit(this.#holder))
  }

  abort(): Promise<void> {
    return this.#guarded(() => this.#transactions.abort(this.#holder))
  }

  async close(): Promise<void> {
    this.#transactions.close(this.#holder)
  }

  #guarded<T>(call: () => T | Promise<T>): Promise<T> {
    return this.#guard.run(() => {
      this.#check()
      return call()
    })
  }
}

interface PlainProducerOptions {
  readonly journal: Journal
  readonly topics: Topics
  readonly groups: Groups
  readonly clock: Clock
  /** Throws once the broker has stopped. */
  readonly check: () => void
}

/** At least once: each send is an append of its own; `commit` waits for all of them and then stores the offsets. */
export class PlainProducer implements Producer {
  readonly #options: PlainProducerOptions
  #sends: Promise<readonly PartitionOffset[]>[] = []
  #offsets: {
    readonly group: GroupMember
    readonly offsets: readonly CommittedOffset[]
  }[] = []

  constructor(options: PlainProducerOptions) {
    this.#options = options
  }

  async send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    this.#options.check()
    const log = this.#options.topics.log(topic, partition)
    if (batch.recordCount === 0) return
    const pending = new PendingBatches()
    pending.add(log, topic, partition, batch, -1, -1)
    const operations: StorageOperation[] = []
    const apply: (() => void)[] = []
    const results = pending.place(0, this.#options.clock.now(), operations, apply)
    const sent = this.#options.journal.append(operations, () => apply.forEach((step) => step())).then(() => results)
    sent.catch(() => undefined) // surfaces in commit()
    this.#sends.push(sent)
  }

  async sendOffsets(group: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    this.#options.check()
    this.#options.groups.checkMember(group)
    this.#offsets.push({ group, offsets })
  }

  async commit(): Promise<readonly PartitionOffset[]> {
    this.#options.check()
    const sends = this.#sends
    const offsetsToStore = this.#offsets
    this.#sends = []
    this.#offsets = []
    const results = new Map<string, PartitionOffset>()
    for (const sent of await Promise.all(sends)) for (const result of sent) results.set(partitionName(result), result)
    for (const { group, offsets } of offsetsToStore) {
      this.#options.groups.checkMember(group)
      await this.#options.groups.storeOffsets(group.groupId, offsets)
    }
    return [...results.values()]
  }

  /** Records that were sent stay in the log; only the offsets are not stored. */
  async abort(): Promise<void> {
    this.#options.check()
    this.#sends = []
    this.#offsets = []
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#sends)
  }
}
