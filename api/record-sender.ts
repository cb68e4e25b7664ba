import { createRecordBatchBuilder, partitionOf, RetriableBrokerError } from '../topology/index.ts'
import type { Broker, Ports, Producer, RecordBatchBuilder } from '../topology/index.ts'

export interface OutgoingRecord {
  readonly topic: string
  readonly key: Uint8Array
  /** Null takes the key out of a compacted topic. */
  readonly value: Uint8Array | null
  /** After this moment it is not sent any more. */
  readonly giveUpAt: number
  /** It is stored. */
  onStored?(): void
  /** It was given up; it may have been stored all the same. */
  onGivenUp?(): void
}

const RETRY_MS = 100
/** Brokers take batches of 1 MB unless told otherwise. */
const MAX_BATCH_BYTES = 900_000
/** What a record takes beside its key and value, at most. */
const RECORD_OVERHEAD = 32

/**
 * Sends records at least once. All that come within one turn of the event loop, or while an earlier batch is on its way, leave
 * together, so a busy sender writes few large batches and an idle one does not wait.
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

  /** Sends what waits, unless the broker does not answer. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#producer?.close()
  }

  async #run(): Promise<void> {
    await this.#ports.timers.yield()
    while (this.#waiting.length > 0) await this.#deliver(this.#next())
    this.#running = undefined
  }

  /** Of what waits, as much as a broker takes at once; the rest leaves after it. */
  #next(): readonly OutgoingRecord[] {
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
    for (let left = this.#inTime(records, clock.now()); left.length > 0;) {
      try {
        await this.#sendAll(left)
        for (const record of left) record.onStored?.()
        return
      } catch (error) {
        logger.warn('records could not be sent, trying again', { records: left.length, error: String(error) })
        this.#builders.clear() // a send that failed may still hold them
        if (!(error instanceof RetriableBrokerError)) this.#dropProducer()
        if (!this.#closed) await timers.sleep(RETRY_MS)
        left = this.#inTime(left, this.#closed ? Number.POSITIVE_INFINITY : clock.now())
      }
    }
  }

  /** Those whose time is not over; the others are given up. */
  #inTime(records: readonly OutgoingRecord[], now: number): readonly OutgoingRecord[] {
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
    const [description] = await this.#broker.admin.describeTopics([topic])
    if (description === undefined) throw new Error(`The topic "${topic}" does not exist: create the bank's topics first.`)
    this.#partitions.set(topic, description.partitions)
    return description.partitions
  }

  #dropProducer(): void {
    const spent = this.#producer
    this.#producer = undefined
    spent?.close().catch((error: unknown) => this.#ports.logger.debug('a spent producer did not close', { error: String(error) }))
  }
}
