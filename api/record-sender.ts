import { createRecordBatchBuilder, partitionOf, RetriableBrokerError } from '../topology/index.ts'
import type { Broker, Ports, Producer, RecordBatchBuilder } from '../topology/index.ts'

export interface OutgoingRecord {
  readonly topic: string
  readonly key: Uint8Array
  /** Null: a tombstone, which deletes the key from a compacted topic. */
  readonly value: Uint8Array | null
  /** The record is not sent after this moment (milliseconds since the epoch). */
  readonly giveUpAt: number
  /** The broker has stored the record. */
  onStored?(): void
  /** Called at `giveUpAt`. An attempt whose answer got lost may have stored the record all the same. */
  onGivenUp?(): void
}

const RETRY_MS = 100
/** Brokers refuse batches of more than 1 MiB by default (DECISIONS 45). */
const MAX_BATCH_BYTES = 900_000
/** Upper bound of what a record takes in addition to its key and value. */
const RECORD_OVERHEAD = 32

/**
 * Sends records at least once. Records of the same iteration of the event loop, and those that arrive while a batch is in flight, are
 * sent together: a busy sender writes few large batches, an idle one does not wait.
 */
export class RecordSender {
  readonly #broker: Broker
  readonly #ports: Ports
  readonly #partitions = new Map<string, number>()
  readonly #builders = new Map<string, { readonly topic: string; readonly partition: number; readonly batch: RecordBatchBuilder }>()
  #waiting: OutgoingRecord[] = []
  #producer: Producer | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(broker: Broker, ports: Ports) {
    this.#broker = broker
    this.#ports = ports
  }

  send(record: OutgoingRecord): void {
    this.#waiting.push(record)
    this.#running ??= this.#run()
  }

  /** Tries once more to send the waiting records. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#producer?.close()
  }

  async #run(): Promise<void> {
    await this.#ports.timers.yield()
    while (this.#waiting.length > 0) await this.#deliver(this.#takeBatch())
    this.#running = undefined
  }

  /** The oldest waiting records, as many as fit into one batch. */
  #takeBatch(): readonly OutgoingRecord[] {
    let [bytes, count] = [0, 0]
    for (const { key, value } of this.#waiting) {
      bytes += key.length + (value?.length ?? 0) + RECORD_OVERHEAD
      if (bytes > MAX_BATCH_BYTES && count > 0) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #deliver(records: readonly OutgoingRecord[]): Promise<void> {
    const { clock, timers, logger } = this.#ports
    for (let remaining = this.#dropExpired(records, clock.now()); remaining.length > 0;) {
      try {
        await this.#sendAll(remaining)
        for (const record of remaining) record.onStored?.()
        return
      } catch (error) {
        logger.warn('records could not be sent: retrying', { records: remaining.length, error: String(error) })
        this.#builders.clear() // a failed send may still use them
        if (!(error instanceof RetriableBrokerError)) this.#discardProducer()
        if (!this.#closed) await timers.sleep(RETRY_MS)
        remaining = this.#dropExpired(remaining, this.#closed ? Number.POSITIVE_INFINITY : clock.now())
      }
    }
  }

  /** Calls `onGivenUp` of the records whose time is over; returns the others. */
  #dropExpired(records: readonly OutgoingRecord[], now: number): readonly OutgoingRecord[] {
    for (const record of records) if (record.giveUpAt <= now) record.onGivenUp?.()
    return records.filter(({ giveUpAt }) => giveUpAt > now)
  }

  async #sendAll(records: readonly OutgoingRecord[]): Promise<void> {
    this.#producer ??= await this.#broker.openProducer({})
    const producer = this.#producer
    const now = this.#ports.clock.now()
    for (const { batch } of this.#builders.values()) batch.reset()
    for (const { topic, key, value } of records) {
      const partition = partitionOf(key, await this.#partitionsOf(topic))
      this.#builder(topic, partition).append(key, value, now)
    }
    const filled = [...this.#builders.values()].filter(({ batch }) => batch.recordCount > 0)
    await Promise.all(filled.map(({ topic, partition, batch }) => producer.send(topic, partition, batch)))
    await producer.commit()
  }

  #builder(topic: string, partition: number): RecordBatchBuilder {
    const name = `${topic}-${partition}`
    let builder = this.#builders.get(name)
    if (builder === undefined) {
      builder = { topic, partition, batch: createRecordBatchBuilder() }
      this.#builders.set(name, builder)
    }
    return builder.batch
  }

  async #partitionsOf(topic: string): Promise<number> {
    const known = this.#partitions.get(topic)
    if (known !== undefined) return known
    const [description] = await this.#broker.admin.describeTopics([topic], { withoutConfig: true })
    if (description === undefined) throw new Error(`Cannot write to topic "${topic}": it does not exist. Create the bank's topics first.`)
    this.#partitions.set(topic, description.partitions)
    return description.partitions
  }

  #discardProducer(): void {
    const discarded = this.#producer
    this.#producer = undefined
    discarded
      ?.close()
      .catch((error: unknown) => this.#ports.logger.debug('a discarded producer could not be closed', { error: String(error) }))
  }
}
