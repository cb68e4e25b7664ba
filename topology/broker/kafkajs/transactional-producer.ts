import type { GroupMember, PartitionOffset, Producer, TopicPartition } from '../broker.ts'
import { FatalBrokerError, OutcomeUnknownError, RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch.ts'
import type { KafkaCluster } from './cluster.ts'
import { check } from './error-codes.ts'
import type { GroupMembers } from './group-members.ts'
import type { KafkaRequest } from './link.ts'
import { PartitionWriter } from './partition-writer.ts'
import { addOffsets, addPartitions, endTransaction, initProducerId, txnOffsetCommit, type ProducerIdentity } from './requests-producer.ts'

interface TransactionalProducerOptions {
  readonly cluster: KafkaCluster
  readonly members: GroupMembers
  readonly transactionalId: string
  readonly timeoutMs: number
}

/** Any error leaves the transaction in doubt, so the producer takes nothing more: whoever opens its id again ends what it began. */
export class KafkaTransactionalProducer implements Producer {
  readonly #options: TransactionalProducerOptions
  readonly #identity: ProducerIdentity
  readonly #writer: PartitionWriter
  /** Partitions that the open transaction knows. */
  #added = new Map<string, Promise<void>>()
  #toAdd: TopicPartition[] = []
  #adding: Promise<void> = Promise.resolve()
  #isOpen = false
  #failure: unknown

  private constructor(options: TransactionalProducerOptions, identity: ProducerIdentity) {
    this.#options = options
    this.#identity = identity
    this.#writer = new PartitionWriter(options.cluster, options.transactionalId, identity)
  }

  /** Fences every former holder of the id; resolves when what they left open has been ended. */
  static async open(options: TransactionalProducerOptions): Promise<KafkaTransactionalProducer> {
    const { cluster, transactionalId, timeoutMs } = options
    const request = initProducerId(transactionalId, timeoutMs)
    const identity = await cluster.atCoordinator('transaction', transactionalId, {
      ...request,
      read: (reader) => {
        const { error, ...answer } = request.read(reader)
        check(error, `the opening of ${transactionalId}`)
        return answer
      },
    })
    return new KafkaTransactionalProducer(options, identity)
  }

  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    return this.#guarded(async () => {
      await this.#options.cluster.leaderOf({ topic, partition })
      this.#isOpen = true
      if (batch.recordCount > 0) await this.#writer.write({ topic, partition }, batch, this.#add({ topic, partition }))
    })
  }

  sendOffsets(member: GroupMember, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#guarded(async () => {
      if (offsets.length === 0) return
      const { cluster, members, transactionalId } = this.#options
      this.#isOpen = true
      await this.#atOwnCoordinator(addOffsets(transactionalId, this.#identity, member.groupId), `offsets of group ${member.groupId}`)
      const request = txnOffsetCommit(transactionalId, this.#identity, members.named(member), offsets)
      await cluster.atCoordinator('group', member.groupId, checked(request, `offsets of group ${member.groupId}`))
    })
  }

  commit(): Promise<readonly PartitionOffset[]> {
    return this.#guarded(async () => {
      await this.#writer.settled()
      if (!this.#isOpen) return []
      await this.#end(true)
      return this.#writer.takeEnds()
    })
  }

  abort(): Promise<void> {
    return this.#guarded(async () => {
      await this.#writer.settled()
      if (this.#isOpen) await this.#end(false)
      this.#writer.takeEnds()
    })
  }

  /** An open transaction is left to whoever opens the id next, or to its time-out. */
  async close(): Promise<void> {
    this.#failure ??= new FatalBrokerError('The producer was closed.')
  }

  async #end(commit: boolean): Promise<void> {
    const { cluster, transactionalId } = this.#options
    const what = commit ? 'a commit' : 'an abort'
    let asked = 0
    const request = checked(endTransaction(transactionalId, this.#identity, commit), what)
    try {
      await cluster.retrying(async () => {
        const node = await cluster.coordinatorOf('transaction', transactionalId)
        asked++
        await cluster.request(node, request)
      }, 0)
    } catch (error) {
      if (asked === 0 || !(error instanceof RetriableBrokerError)) throw error
      throw new OutcomeUnknownError(`It is not known whether ${what} of ${transactionalId} happened: ${error.message}`, { cause: error })
    }
    this.#isOpen = false
    this.#added = new Map()
  }

  /** Partitions that come in the same turn are added together. */
  #add(partition: TopicPartition): Promise<void> {
    const name = `${partition.topic}/${partition.partition}`
    let added = this.#added.get(name)
    if (added === undefined) {
      if (this.#toAdd.length === 0) this.#adding = Promise.resolve().then(() => this.#addWaiting())
      this.#toAdd.push(partition)
      added = this.#adding
      this.#added.set(name, added)
    }
    return added
  }

  async #addWaiting(): Promise<void> {
    const partitions = this.#toAdd
    this.#toAdd = []
    await this.#atOwnCoordinator(
      addPartitions(this.#options.transactionalId, this.#identity, partitions),
      'the partitions of a transaction',
    )
  }

  async #atOwnCoordinator(request: KafkaRequest<number>, what: string): Promise<void> {
    const { cluster, transactionalId } = this.#options
    await cluster.atCoordinator('transaction', transactionalId, checked(request, what))
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return await work()
    } catch (error) {
      this.#failure ??= error
      throw error
    }
  }
}

function checked(request: KafkaRequest<number>, what: string): KafkaRequest<void> {
  return { ...request, read: (reader) => check(request.read(reader), what) }
}
