import type { PartitionOffset, TopicPartition } from '../broker.ts'
import { RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { partitionName } from '../topic-partition.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './cluster.ts'
import { Code, leaderError, produce, type ProducedPartition, type ProducerIdentity, type SealedPartition } from './protocol/index.ts'

interface Waiting extends SealedPartition {
  readonly name: string
  readonly recordCount: number
  resolve(): void
  reject(error: unknown): void
}

const NOBODY: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

/**
 * Writes batches to partitions, in rounds: one batch of each partition, one request to each leader. The leaders announce themselves to the
 * transaction's coordinator, which has time for one of them only; so what is sent in the same turn goes together. A batch whose answer is
 * lost is sent again under the same sequence number, so that the broker knows it; only who has an identity can do that without doubling.
 */
export class PartitionWriter {
  readonly #cluster: KafkaCluster
  readonly #transactionalId: string | null
  #identity: ProducerIdentity | undefined
  readonly #sequences = new Map<string, number>()
  #waiting: Waiting[] = []
  #pumping: Promise<void> | undefined
  #sent: Promise<void>[] = []
  #ends = new Map<string, PartitionOffset>()

  constructor(cluster: KafkaCluster, transactionalId: string | null, identity: ProducerIdentity | undefined) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#identity = identity
  }

  /** Goes on as somebody else, whose sequences begin anew; nothing may be on its way. */
  becomes(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#sequences.clear()
  }

  /** Takes a copy of the batch at once. */
  write({ topic, partition }: TopicPartition, batch: RecordBatchBuilder): Promise<void> {
    const name = partitionName({ topic, partition })
    const firstSequence = this.#sequences.get(name) ?? 0
    const { recordCount } = batch
    const bytes = batch.seal({
      baseOffset: 0,
      ...(this.#identity ?? NOBODY),
      firstSequence: this.#identity === undefined ? -1 : firstSequence,
      transactional: this.#transactionalId !== null,
    })
    this.#sequences.set(name, (firstSequence + recordCount) % 2 ** 31)
    const sent = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ topic, partition, name, bytes, recordCount, resolve, reject })
    })
    sent.catch(() => undefined) // told to who waits for this batch, and to who commits
    this.#sent.push(sent)
    this.#pumping ??= this.#pump()
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
    const sent = this.#sent
    this.#sent = []
    await Promise.all(sent)
  }

  async #pump(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const round = new Map<string, Waiting>()
      this.#waiting = this.#waiting.filter((one) => {
        if (round.has(one.name)) return true
        round.set(one.name, one)
        return false
      })
      try {
        await this.#send(round)
      } catch (error) {
        const behind = this.#waiting
        this.#waiting = []
        for (const { reject } of [...round.values(), ...behind]) reject(error)
      }
    }
    this.#pumping = undefined
  }

  /** Takes out of the round what has been written. */
  #send(round: Map<string, Waiting>): Promise<void> {
    const attempt = async (): Promise<void> => {
      const byLeader = new Map<number, Waiting[]>()
      for (const one of round.values()) {
        const leader = await this.#cluster.leaderOf(one)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), one])
      }
      const answers = await Promise.allSettled(
        [...byLeader].map(([leader, of]) => this.#cluster.request(leader, produce(this.#transactionalId, of))),
      )
      let wrong: unknown
      for (const answer of answers) {
        if (answer.status === 'rejected') wrong ??= answer.reason
        else for (const one of answer.value) wrong = this.#settle(round, one) ?? wrong
      }
      if (round.size === 0) return
      for (const one of round.values()) this.#cluster.forgetLeader(one)
      throw wrong ?? new RetriableBrokerError('A leader did not answer for all that was sent to it.')
    }
    return this.#cluster.retrying(attempt, undefined, this.#transactionalId === null ? undefined : TRANSACTION_PAUSE_MS)
  }

  #settle(round: Map<string, Waiting>, { topic, partition, error, baseOffset }: ProducedPartition): unknown {
    const name = partitionName({ topic, partition })
    const one = round.get(name)
    if (one === undefined) return undefined
    if (error !== Code.none) return leaderError(error, `a batch for ${name}`)
    round.delete(name)
    this.#ends.set(name, { topic, partition, offset: baseOffset + one.recordCount })
    one.resolve()
    return undefined
  }
}
