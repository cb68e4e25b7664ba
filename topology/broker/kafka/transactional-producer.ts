import type { GroupMember, PartitionOffset, Producer } from '../broker.ts'
import { FatalBrokerError, OutcomeUnknownError } from '../errors.ts'
import { ProducerGuard } from '../producer-guard.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './cluster.ts'
import { check, endTransaction, initProducerId, txnOffsetCommit, type ProducerIdentity, type KafkaRequest } from './protocol/index.ts'
import type { GroupMembers } from './group-members.ts'
import { NoAnswerError } from './connection.ts'
import { PartitionWriter } from './partition-writer.ts'

interface TransactionalProducerOptions {
  readonly cluster: KafkaCluster
  readonly members: GroupMembers
  readonly transactionalId: string
  readonly timeoutMs: number
}

const SOON = { longestPauseMs: TRANSACTION_PAUSE_MS }

/** Any error but a stale generation leaves the transaction in doubt, so the producer takes nothing more: whoever opens its id again ends what it began. */
export class KafkaTransactionalProducer implements Producer {
  readonly #options: TransactionalProducerOptions
  /** Another epoch for each transaction, so that a late request of an earlier one is known for what it is. */
  #identity: ProducerIdentity
  readonly #writer: PartitionWriter
  #isOpen = false
  readonly #guard = new ProducerGuard()

  private constructor(options: TransactionalProducerOptions, identity: ProducerIdentity) {
    this.#options = options
    this.#identity = identity
    this.#writer = new PartitionWriter(options.cluster, options.transactionalId, identity)
  }

  /** Fences every former holder of the id; resolves when what they left open has been ended. */
  static async open(options: TransactionalProducerOptions): Promise<KafkaTransactionalProducer> {
    const { cluster, transactionalId, timeoutMs } = options
    const request = initProducerId(transactionalId, timeoutMs)
    const opening: KafkaRequest<ProducerIdentity> = {
      ...request,
      read: (reader) => {
        const { error, ...answer } = request.read(reader)
        check(error, `the opening of ${transactionalId}`)
        return answer
      },
    }
    const identity = await cluster.atCoordinator('transaction', transactionalId, opening, SOON)
    return new KafkaTransactionalProducer(options, identity)
  }

  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    return this.#guard.run(async () => {
      if (batch.recordCount === 0) return
      this.#isOpen = true
      await this.#writer.write({ topic, partition }, batch)
    })
  }

  sendOffsets(member: GroupMember, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#guard.run(async () => {
      if (offsets.length === 0) return
      const { cluster, members, transactionalId } = this.#options
      this.#isOpen = true
      const request = txnOffsetCommit(transactionalId, this.#identity, members.named(member), offsets)
      await cluster.atCoordinator('group', member.groupId, checked(request, `offsets of group ${member.groupId}`), SOON)
    })
  }

  commit(): Promise<readonly PartitionOffset[]> {
    return this.#guard.run(async () => {
      await this.#writer.settled()
      if (!this.#isOpen) return []
      await this.#end(true)
      return this.#writer.takeEnds()
    })
  }

  abort(): Promise<void> {
    return this.#guard.run(async () => {
      await this.#writer.settled()
      if (this.#isOpen) await this.#end(false)
      this.#writer.takeEnds()
    })
  }

  /** An open transaction is left to whoever opens the id next, or to its time-out. */
  async close(): Promise<void> {
    this.#guard.spend(new FatalBrokerError('The producer is closed: open another one.'))
  }

  async #end(commit: boolean): Promise<void> {
    const { cluster, transactionalId } = this.#options
    const what = commit ? 'a commit' : 'an abort'
    const request = endTransaction(transactionalId, this.#identity, commit)
    const attempt = async (): Promise<ProducerIdentity> => {
      const node = await cluster.coordinatorOf('transaction', transactionalId)
      try {
        const { error, ...next } = await cluster.request(node, request)
        check(error, what)
        return next
      } catch (error) {
        cluster.forgetCoordinator('transaction', transactionalId)
        if (!(error instanceof NoAnswerError)) throw error
        throw new OutcomeUnknownError(`It is not known whether ${what} of ${transactionalId} happened: ${error.message}`, { cause: error })
      }
    }
    const { producerId, producerEpoch } = await cluster.retrying(attempt, undefined, TRANSACTION_PAUSE_MS)
    this.#identity = { producerId, producerEpoch }
    this.#writer.becomes(this.#identity)
    this.#isOpen = false
  }
}

function checked(request: KafkaRequest<number>, what: string): KafkaRequest<void> {
  return { ...request, read: (reader) => check(request.read(reader), what) }
}
