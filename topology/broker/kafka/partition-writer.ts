import type { PartitionOffset, TopicPartition } from '../broker.ts'
import { RetriableBrokerError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { partitionName } from '../topic-partition.ts'
import { TRANSACTION_PAUSE_MS, type KafkaCluster } from './kafka-cluster.ts'
import {
  Code,
  idRights,
  leaderError,
  produce,
  type ProducedPartition,
  type ProducerIdentity,
  type SealedPartition,
} from './protocol/index.ts'

interface PendingBatch extends SealedPartition {
  readonly name: string
  readonly recordCount: number
  resolve(): void
  reject(error: unknown): void
}

/** The most bytes in one Produce request; a larger batch goes alone. Far below `socket.request.max.bytes`, and quickly sent again when its response is lost. */
const ROUND_BYTES = 16 << 20

const NO_IDENTITY: ProducerIdentity = { producerId: -1, producerEpoch: -1 }

/**
 * Writes batches in rounds: one batch per partition, one Produce request per leader. Each leader adds its partitions to the transaction, and
 * the coordinator rejects concurrent additions; so batches that are written in the same tick share a round. A batch whose response is lost is
 * sent again with the same sequence number, and the broker drops the duplicate; without a producer identity it may be written twice.
 */
export class PartitionWriter {
  readonly #cluster: KafkaCluster
  readonly #transactionalId: string | null
  #identity: ProducerIdentity | undefined
  readonly #sequences = new Map<string, number>()
  #pending: PendingBatch[] = []
  #sending: Promise<void> | undefined
  #sent: Promise<void>[] = []
  #ends = new Map<string, PartitionOffset>()

  constructor(cluster: KafkaCluster, transactionalId: string | null, identity: ProducerIdentity | undefined) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#identity = identity
  }

  /** Switches to another producer id or epoch, whose sequences begin at 0. Nothing may be in flight. */
  setIdentity(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#sequences.clear()
  }

  /** Copies the batch before it returns. */
  write({ topic, partition }: TopicPartition, batch: RecordBatchBuilder): Promise<void> {
    const name = partitionName({ topic, partition })
    const firstSequence = this.#sequences.get(name) ?? 0
    const { recordCount } = batch
    const bytes = batch.seal({
      baseOffset: 0,
      ...(this.#identity ?? NO_IDENTITY),
      firstSequence: this.#identity === undefined ? -1 : firstSequence,
      transactional: this.#transactionalId !== null,
    })
    this.#sequences.set(name, (firstSequence + recordCount) % 2 ** 31)
    const sent = new Promise<void>((resolve, reject) => {
      this.#pending.push({ topic, partition, name, bytes, recordCount, resolve, reject })
    })
    sent.catch(() => undefined) // surfaces in this call and in drained()
    this.#sent.push(sent)
    this.#sending ??= this.#sendRounds()
    return sent
  }

  /** For each partition written to since the last call, the offset after its last record. */
  takeEnds(): readonly PartitionOffset[] {
    const ends = [...this.#ends.values()]
    this.#ends = new Map()
    return ends
  }

  /** Resolves when nothing is in flight. Rejects with the first error since the last call. */
  async drained(): Promise<void> {
    const sent = this.#sent
    this.#sent = []
    await Promise.all(sent)
  }

  async #sendRounds(): Promise<void> {
    await Promise.resolve()
    while (this.#pending.length > 0) {
      const round = this.#takeRound()
      try {
        await this.#send(round)
      } catch (error) {
        const unsent = [...round.values(), ...this.#pending]
        this.#pending = []
        for (const { reject } of unsent) reject(error)
      }
    }
    this.#sending = undefined
  }

  /** The next batch of each partition, as far as one request can carry them. */
  #takeRound(): Map<string, PendingBatch> {
    const round = new Map<string, PendingBatch>()
    let bytes = 0
    this.#pending = this.#pending.filter((batch) => {
      if (round.has(batch.name) || bytes >= ROUND_BYTES) return true
      bytes += batch.bytes.length
      if (round.size > 0 && bytes > ROUND_BYTES) return true
      round.set(batch.name, batch)
      return false
    })
    return round
  }

  /** Retries until the round is empty: a written batch is removed from it. */
  #send(round: Map<string, PendingBatch>): Promise<void> {
    const attempt = async (): Promise<void> => {
      const byLeader = new Map<number, PendingBatch[]>()
      for (const batch of round.values()) {
        const leader = await this.#cluster.leaderOf(batch)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch])
      }
      const responses = await Promise.allSettled(
        [...byLeader].map(([leader, batches]) => this.#cluster.request(leader, produce(this.#transactionalId, batches))),
      )
      let failure: unknown
      for (const response of responses) {
        if (response.status === 'rejected') failure ??= response.reason
        else for (const produced of response.value) failure = this.#accept(round, produced) ?? failure
      }
      if (round.size === 0) return
      for (const batch of round.values()) this.#cluster.forgetLeader(batch)
      throw failure ?? new RetriableBrokerError(`Produce response lacks ${[...round.keys()].join(', ')}; retry.`)
    }
    return this.#cluster.retrying(attempt, undefined, this.#transactionalId === null ? undefined : TRANSACTION_PAUSE_MS)
  }

  /** Resolves the batch and removes it from the round, or returns its error. */
  #accept(round: Map<string, PendingBatch>, { topic, partition, error, message, baseOffset }: ProducedPartition): unknown {
    const name = partitionName({ topic, partition })
    const batch = round.get(name)
    if (batch === undefined) return undefined
    if (error !== Code.none) {
      return leaderError(error, `Produce to ${name}${message === null ? '' : ` (${message})`}`, {
        topic: `WRITE on topic ${topic}`,
        ...(this.#transactionalId !== null && idRights(this.#transactionalId)),
      })
    }
    round.delete(name)
    this.#ends.set(name, { topic, partition, offset: baseOffset + batch.recordCount })
    batch.resolve()
    return undefined
  }
}
