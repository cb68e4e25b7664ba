import { NotAuthorizedError, partitionOf, RecordCheck, RecordRefusedError, RetriableBrokerError, TopicBatches } from '../topology/index.ts'
import type { Broker, FilledBatch, Ports, Producer, TopicDescription } from '../topology/index.ts'

export interface OutgoingRecord {
  readonly topic: string
  readonly key: Uint8Array
  /** Null: a tombstone, which deletes the key from a compacted topic. */
  readonly value: Uint8Array | null
  /** The record is not sent after this moment (milliseconds since the epoch). */
  readonly giveUpAt: number
  /** The broker has stored the record. */
  onStored?(): void
  /**
   * Called at `giveUpAt`, without `refusal`; an attempt whose answer got lost may have stored the record all the same. Called at once, with it, if the
   * topic does not take the record.
   */
  onGivenUp?(refusal?: RecordRefusedError): void
}

const RETRY_MS = 100
/** Sent at a time, of all topics: what fits into one batch that a broker takes by default. */
const PORTION_BYTES = 900_000
/** Upper bound of what a record takes in addition to its key and value. */
const RECORD_OVERHEAD = 32

interface Topic {
  readonly partitions: number
  readonly check: RecordCheck
}

/**
 * Sends records at least once. Records of the same iteration of the event loop, and those that arrive while a batch is in flight, are
 * sent together: a busy sender writes few large batches, an idle one does not wait.
 */
export class RecordSender {
  readonly #broker: Broker
  readonly #ports: Ports
  readonly #topics = new Map<string, Topic>()
  readonly #batches = new Map<string, TopicBatches>()
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
      if (bytes > PORTION_BYTES && count > 0) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #deliver(records: readonly OutgoingRecord[]): Promise<void> {
    const { clock, timers, logger } = this.#ports
    let refusals = 0
    for (let remaining = this.#dropExpired(records, clock.now()); remaining.length > 0;) {
      try {
        remaining = await this.#fill(remaining)
        await this.#sendBatches()
        for (const record of remaining) record.onStored?.()
        return
      } catch (error) {
        this.#batches.clear() // a failed send may still use them
        if (!(error instanceof RetriableBrokerError)) this.#discardProducer()
        if (error instanceof RecordRefusedError) {
          if (++refusals > 1) return this.#deliverEach(remaining, error)
          this.#topics.clear()
        }
        logger.warn('records could not be sent: retrying', { records: remaining.length, error: String(error) })
        if (!this.#closed) await timers.sleep(RETRY_MS)
        remaining = this.#dropExpired(remaining, this.#closed ? Number.POSITIVE_INFINITY : clock.now())
      }
    }
  }

  /** The broker refuses one of the records, although all fit what is known of their topics: the others are sent without it. */
  async #deliverEach(records: readonly OutgoingRecord[], refusal: RecordRefusedError): Promise<void> {
    const [first, ...others] = records
    if (first !== undefined && others.length === 0) return this.#refuse(first, refusal)
    for (const record of records) await this.#deliver([record])
  }

  /** Calls `onGivenUp` of the records whose time is over; returns the others. */
  #dropExpired(records: readonly OutgoingRecord[], now: number): readonly OutgoingRecord[] {
    for (const record of records) if (record.giveUpAt <= now) record.onGivenUp?.()
    return records.filter(({ giveUpAt }) => giveUpAt > now)
  }

  /** Fills the batches with the records; those that their topics do not take are given up. Returns the others. */
  async #fill(records: readonly OutgoingRecord[]): Promise<readonly OutgoingRecord[]> {
    const topics = new Map<string, Topic>()
    for (const { topic } of records) if (!topics.has(topic)) topics.set(topic, await this.#topic(topic))
    const now = this.#ports.clock.now()
    for (const batches of this.#batches.values()) batches.clear()
    return records.filter((record) => {
      const { partitions, check } = topics.get(record.topic) ?? {}
      if (partitions === undefined || check === undefined) return false
      const batches = this.#batches.get(record.topic) ?? new TopicBatches(check)
      this.#batches.set(record.topic, batches)
      try {
        batches.append(partitionOf(record.key, partitions), record.key, record.value, now)
        return true
      } catch (error) {
        if (!(error instanceof RecordRefusedError)) throw error
        this.#refuse(record, error)
        return false
      }
    })
  }

  #refuse(record: OutgoingRecord, refusal: RecordRefusedError): void {
    const fields = { topic: record.topic, error: refusal.message }
    this.#ports.logger.error('a record is not sent, because its topic does not take it', fields)
    record.onGivenUp?.(refusal)
  }

  async #sendBatches(): Promise<void> {
    const filled: FilledBatch[] = []
    for (const batches of this.#batches.values()) batches.collect(filled)
    this.#producer ??= await this.#broker.openProducer({})
    const producer = this.#producer
    await Promise.all(filled.map(({ topic, partition, builder }) => producer.send(topic, partition, builder)))
    await producer.commit()
  }

  async #topic(name: string): Promise<Topic> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const description = await this.#describe(name)
    const topic = { partitions: description.partitions, check: new RecordCheck(name, description.limits, () => this.#ports.clock.now()) }
    this.#topics.set(name, topic)
    return topic
  }

  /** With Kafka's default limits where this principal may not read the topic's settings. */
  async #describe(name: string): Promise<TopicDescription> {
    const { admin } = this.#broker
    const [description] = await admin.describeTopics([name]).catch((error: unknown) => {
      if (error instanceof NotAuthorizedError) return admin.describeTopics([name], { withoutConfig: true })
      throw error
    })
    if (description === undefined) throw new Error(`Cannot write to topic "${name}": it does not exist. Create the bank's topics first.`)
    return description
  }

  #discardProducer(): void {
    const discarded = this.#producer
    this.#producer = undefined
    discarded
      ?.close()
      .catch((error: unknown) => this.#ports.logger.debug('a discarded producer could not be closed', { error: String(error) }))
  }
}
