import type { PartitionOffset, TopicPartition } from '../broker.ts'
import { FatalBrokerError, RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch.ts'
import { BatchBuilder } from '../record-batch/batch-builder.ts'
import type { KafkaCluster } from './cluster.ts'
import { check, Code } from './error-codes.ts'
import { produce, type ProducerIdentity } from './requests-producer.ts'

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

/**
 * Writes batches to partitions, one after the other in each of them. A batch whose answer is lost is sent again under the same
 * sequence number, so that the broker knows it; only who has an identity can do that without doubling.
 */
export class PartitionWriter {
  readonly #cluster: KafkaCluster
  readonly #transactionalId: string | null
  readonly #identity: ProducerIdentity | undefined
  readonly #sequences = new Map<string, number>()
  readonly #tails = new Map<string, Promise<unknown>>()
  #ends = new Map<string, PartitionOffset>()

  constructor(cluster: KafkaCluster, transactionalId: string | null, identity: ProducerIdentity | undefined) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#identity = identity
  }

  /** Takes a copy of the batch at once. */
  write(partition: TopicPartition, batch: RecordBatchBuilder, ready: Promise<void>): Promise<void> {
    if (!(batch instanceof BatchBuilder)) throw new FatalBrokerError('A batch must be made with createRecordBatchBuilder().')
    const name = `${partition.topic}/${partition.partition}`
    const firstSequence = this.#sequences.get(name) ?? 0
    const { recordCount } = batch
    const bytes = batch.seal({
      baseOffset: 0,
      ...(this.#identity ?? NOBODY),
      firstSequence: this.#identity === undefined ? -1 : firstSequence,
      transactional: this.#transactionalId !== null,
    })
    this.#sequences.set(name, (firstSequence + recordCount) % 2 ** 31)
    const before = this.#tails.get(name) ?? Promise.resolve()
    const sent = before.then(() => ready).then(() => this.#send(partition, name, bytes, recordCount))
    this.#tails.set(name, sent)
    sent.catch(() => undefined) // told to who waits for this batch, and to the next one
    return sent
  }

  /** Behind the last record of each partition since this was last asked. */
  takeEnds(): readonly PartitionOffset[] {
    const ends = [...this.#ends.values()]
    this.#ends = new Map()
    return ends
  }

  /** Resolves when nothing is on its way any more; rejects with what went wrong. */
  async settled(): Promise<void> {
    const tails = [...this.#tails.values()]
    this.#tails.clear()
    await Promise.all(tails)
  }

  async #send(partition: TopicPartition, name: string, bytes: Buffer, recordCount: number): Promise<void> {
    const { error, baseOffset } = await this.#cluster.retrying(async () => {
      try {
        const answer = await this.#cluster.request(
          await this.#cluster.leaderOf(partition),
          produce(this.#transactionalId, { ...partition, bytes }),
        )
        if (answer.error !== Code.duplicateSequence) check(answer.error, `a batch for ${name}`)
        return answer
      } catch (error) {
        if (error instanceof RetriableBrokerError) this.#cluster.forgetLeader(partition)
        throw error
      }
    })
    if (error === Code.none && baseOffset >= 0) this.#ends.set(name, { ...partition, offset: baseOffset + recordCount })
  }
}
