import type { GroupMember, OffsetAndMetadata, PartitionOffset, Producer } from '../broker.ts'
import { FatalBrokerError, OutcomeUnknownError } from '../errors.ts'
import { ProducerGuard } from '../producer-guard.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './kafka-cluster.ts'
import {
  check,
  endTransaction,
  idRights,
  initProducerId,
  offsetRights,
  txnOffsetCommit,
  type KafkaRequest,
  type ProducerIdentity,
  type Rights,
} from './protocol/index.ts'
import type { GroupMembers } from './group-members.ts'
import { NoResponseError } from './connection.ts'
import { PartitionWriter } from './partition-writer.ts'

interface TransactionalProducerOptions {
  readonly cluster: KafkaCluster
  readonly members: GroupMembers
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

const SHORT_PAUSES = { longestPauseMs: TRANSACTION_PAUSE_MS }

/** A producer under Kafka's transaction protocol 2 (KIP-890): leaders add partitions to the transaction, and each end raises the epoch. */
export class KafkaTransactionalProducer implements Producer {
  readonly #options: TransactionalProducerOptions
  /** Has another epoch for each transaction, so that the broker recognizes a late request of an earlier one. */
  #identity: ProducerIdentity
  readonly #writer: PartitionWriter
  #isOpen = false
  readonly #guard = new ProducerGuard()

  private constructor(options: TransactionalProducerOptions, identity: ProducerIdentity) {
    this.#options = options
    this.#identity = identity
    this.#writer = new PartitionWriter(options.cluster, options.transactionalId, identity)
  }

  /** Fences all earlier producers of the id; resolves once their open transaction is ended. */
  static async open(options: TransactionalProducerOptions): Promise<KafkaTransactionalProducer> {
    const { cluster, transactionalId, transactionTimeoutMs } = options
    const request = initProducerId(transactionalId, transactionTimeoutMs)
    const opening: KafkaRequest<ProducerIdentity> = {
      ...request,
      read: (reader) => {
        const { error, ...answer } = request.read(reader)
        check(error, `InitProducerId for ${transactionalId} (transactionTimeoutMs ${transactionTimeoutMs})`, idRights(transactionalId))
        return answer
      },
    }
    const identity = await cluster.atCoordinator('transaction', transactionalId, opening, SHORT_PAUSES)
    return new KafkaTransactionalProducer(options, identity)
  }

  send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    return this.#guard.run(async () => {
      if (batch.recordCount === 0) return
      this.#isOpen = true
      await this.#writer.write({ topic, partition }, batch)
    })
  }

  sendOffsets(member: GroupMember, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    return this.#guard.run(async () => {
      if (offsets.length === 0) return
      const { cluster, members, transactionalId } = this.#options
      this.#isOpen = true
      const request = txnOffsetCommit(transactionalId, this.#identity, members.named(member), offsets)
      await cluster.atCoordinator(
        'group',
        member.groupId,
        checked(
          request,
          `TxnOffsetCommit for group ${member.groupId} by ${transactionalId}`,
          offsetRights(member.groupId, offsets, transactionalId),
        ),
        SHORT_PAUSES,
      )
    })
  }

  commit(): Promise<readonly PartitionOffset[]> {
    return this.#guard.run(async () => {
      await this.#writer.drained()
      if (!this.#isOpen) return []
      await this.#end(true)
      return this.#writer.takeEnds()
    })
  }

  abort(): Promise<void> {
    return this.#guard.run(async () => {
      await this.#writer.drained()
      if (this.#isOpen) await this.#end(false)
      this.#writer.takeEnds()
    })
  }

  /** Leaves an open transaction to its time-out, or to the next producer of the id. */
  async close(): Promise<void> {
    this.#guard.spend(new FatalBrokerError('The producer is closed: open another one.'))
  }

  async #end(commit: boolean): Promise<void> {
    const { cluster, transactionalId } = this.#options
    const what = `${commit ? 'Commit' : 'Abort'} by ${transactionalId}`
    const request = endTransaction(transactionalId, this.#identity, commit)
    const attempt = async (): Promise<ProducerIdentity> => {
      const node = await cluster.coordinatorOf('transaction', transactionalId)
      try {
        const { error, ...next } = await cluster.request(node, request)
        check(error, what, idRights(transactionalId))
        return next
      } catch (error) {
        cluster.forgetCoordinator('transaction', transactionalId)
        if (!(error instanceof NoResponseError)) throw error
        throw new OutcomeUnknownError(`${what} has an unknown outcome: ${error.message} Open the id again and read the committed offset.`, {
          cause: error,
        })
      }
    }
    const { producerId, producerEpoch } = await cluster.retrying(attempt, undefined, TRANSACTION_PAUSE_MS)
    this.#identity = { producerId, producerEpoch }
    this.#writer.setIdentity(this.#identity)
    this.#isOpen = false
  }
}

function checked(request: KafkaRequest<number>, what: string, rights: Rights): KafkaRequest<void> {
  return { ...request, read: (reader) => check(request.read(reader), what, rights) }
}
