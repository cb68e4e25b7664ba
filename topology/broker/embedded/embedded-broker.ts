import { StateCorruptedError, StateError, type Bulk, type OrderedStorage } from '../../../state/index.ts'
import type { Ports } from '../../ports.ts'
import type { Admin, Broker, Fetcher, GroupCoordinator, Producer, ProducerOptions } from '../broker.ts'
import { FatalBrokerError, OutcomeUnknownError, RetriableBrokerError, type BrokerError } from '../errors.ts'
import { BatchCache } from './batch-cache.ts'
import { Cleaner } from './cleaner.ts'
import { EmbeddedFetcher } from './fetcher.ts'
import { GroupOffsets } from './group-offsets.ts'
import { Groups } from './groups.ts'
import { openJournal, type Journal } from './journal.ts'
import { BATCH, BATCH_ENTRY, FORMAT, FORMAT_KEY, rangeOf } from './keys.ts'
import { DEFAULT_BROKER_LIMITS, type BrokerLimits } from './limits.ts'
import { PlainProducer, TransactionalProducer } from './producer.ts'
import { Topics } from './topics.ts'
import { Transactions } from './transactions.ts'

export interface EmbeddedBrokerOptions {
  /**
   * Holds all data; the broker closes it. If this is a function, `open` calls it and turns its errors into `FatalBrokerError`s. `bulk` are
   * the rows of batches, which may be verified after opening: if they are damaged, the broker stops.
   */
  readonly storage: OrderedStorage | ((bulk: Bulk) => Promise<OrderedStorage>)
  /** What `open` is doing, and which share of it is done, from 0 to 1. */
  readonly onProgress?: (step: string, share: number) => void
  readonly ports: Ports
  /** How many bytes of the newest batches stay in memory. Default 64 MiB. */
  readonly cacheBytes?: number
  /** Kafka's `group.initial.rebalance.delay.ms`. Default 0. */
  readonly initialRebalanceDelayMs?: number
  /** Kafka's `log.retention.check.interval.ms`. Default 5 minutes. */
  readonly retentionCheckIntervalMs?: number
  /** A partition is compacted when at least this many bytes, and half of its bytes, are new. Default 8 MiB. */
  readonly compactionMinBytes?: number
  /** What the broker accepts. Default: as a Kafka broker with its defaults, except for the shortest session. */
  readonly limits?: Partial<BrokerLimits>
}

/** Between the background checks of two tables, which have 2 MiB each; doubled up to ten seconds while one cannot be read. */
const TABLE_CHECK_PAUSE_MS = 20

/**
 * A broker in this process, on one ordered storage, with Kafka's partitions, transactions, groups, fencing, compaction and retention.
 * An acknowledged write is on disk. Simplifications compared with a real broker: records of a transaction are invisible to all readers
 * until commit, groups live in memory, and there is one replica. A storage serves one broker at a time.
 */
export class EmbeddedBroker implements Broker {
  readonly admin: Admin
  readonly groups: GroupCoordinator
  readonly #storage: OrderedStorage
  readonly #ports: Ports
  readonly #journal: Journal
  readonly #topics: Topics
  readonly #offsets: GroupOffsets
  readonly #groups: Groups
  readonly #transactions: Transactions
  readonly #cleaner: Cleaner
  readonly #fetchers = new Set<EmbeddedFetcher>()
  #endReason: BrokerError | undefined
  #isClosed = false
  /** Resolves with the cause when the broker has stopped by itself: a write failed, or damage was found. The cause says what to do. */
  readonly failed: Promise<FatalBrokerError>

  private constructor(storage: OrderedStorage, journal: Journal, options: EmbeddedBrokerOptions) {
    const { ports } = options
    const offsets = new GroupOffsets()
    const limits = { ...DEFAULT_BROKER_LIMITS, ...options.limits }
    this.#storage = storage
    this.#ports = ports
    this.#journal = journal
    this.failed = journal.failed
    void journal.failed.then((reason) => this.#stop(reason))
    this.#topics = new Topics({
      storage,
      journal,
      cache: new BatchCache(options.cacheBytes ?? 64 << 20),
      offsets,
      ports,
      limits,
      onGrown: (topic, log) => this.#cleaner.onGrown(topic, log),
    })
    this.#groups = new Groups({
      ports,
      journal,
      offsets,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
      limits,
    })
    this.#transactions = new Transactions({
      storage,
      journal,
      topics: this.#topics,
      offsets,
      groups: this.#groups,
      ports,
      maxTimeoutMs: limits.maxTransactionTimeoutMs,
    })
    this.#cleaner = new Cleaner({
      topics: this.#topics,
      journal,
      ports,
      retentionCheckIntervalMs: options.retentionCheckIntervalMs ?? 300_000,
      compactionMinBytes: options.compactionMinBytes ?? 8 << 20,
    })
    this.#offsets = offsets
    this.groups = this.#groups
    this.admin = this.#createAdmin()
  }

  /** Throws `FatalBrokerError` with advice when another process has the storage open, or when it is damaged. */
  static async open(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
    let storage: OrderedStorage | undefined
    try {
      const opened: { journal?: Journal } = {}
      let damage: StateCorruptedError | undefined
      const bulk: Bulk = {
        ranges: [rangeOf(BATCH), rangeOf(BATCH_ENTRY)],
        pause: (failures) => options.ports.timers.sleep(TABLE_CHECK_PAUSE_MS * 2 ** Math.min(failures, 9)),
        onDamage: (error) => {
          damage = error
          opened.journal?.fail(withAdvice(error))
        },
        onTable: (checked, tables) => options.onProgress?.('checking the tables of the log', checked / tables),
      }
      storage = typeof options.storage === 'function' ? await options.storage(bulk) : options.storage
      await checkFormat(storage)
      opened.journal = await openJournal(storage)
      const broker = new EmbeddedBroker(storage, opened.journal, options)
      await broker.#offsets.restore(storage)
      await broker.#topics.restore((share) => options.onProgress?.('reading the index of the log', share))
      if (damage !== undefined) throw damage
      await broker.#transactions.restore()
      broker.#cleaner.start()
      return broker
    } catch (error) {
      await storage?.close()
      throw withAdvice(error)
    }
  }

  openFetcher(): Fetcher {
    const fetcher = new EmbeddedFetcher(this.#topics, this.#ports.timers, (closed) => this.#fetchers.delete(closed))
    if (this.#endReason !== undefined) fetcher.end(this.#endReason)
    else this.#fetchers.add(fetcher)
    return fetcher
  }

  async openProducer(options: ProducerOptions): Promise<Producer> {
    this.#checkUp()
    const check = (): void => {
      if (this.#endReason !== undefined)
        throw new OutcomeUnknownError('The embedded broker has stopped: open another producer.', { cause: this.#endReason })
    }
    if (options.transactionalId === undefined) {
      return new PlainProducer({
        journal: this.#journal,
        topics: this.#topics,
        groups: this.#groups,
        clock: this.#ports.clock,
        check,
      })
    }
    return new TransactionalProducer(
      this.#transactions,
      await this.#transactions.open(options.transactionalId, options.transactionTimeoutMs),
      check,
    )
  }

  /** Writes what was accepted, ends all waiting calls and closes the storage. Open transactions are aborted. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const reason = this.#endReason ?? new FatalBrokerError('The embedded broker is closed: open another one.')
    this.#end(reason)
    await this.#cleaner.stop()
    await this.#journal.close(reason)
    await this.#storage.close()
  }

  /**
   * Ends like a killed process: calls in flight fail, nothing more is written, the storage stays open. For simulations, which then
   * open another broker on the same storage.
   */
  crash(): void {
    const reason = new RetriableBrokerError('The embedded broker is down; retry.')
    this.#isClosed = true
    this.#journal.end(reason)
    this.#end(reason)
    void this.#cleaner.stop()
  }

  #end(reason: BrokerError): void {
    this.#endReason ??= reason
    this.#groups.end(reason)
    this.#transactions.end()
    for (const fetcher of this.#fetchers) fetcher.end(reason)
    this.#fetchers.clear()
  }

  /** Ends all calls after a failure. */
  #stop(reason: FatalBrokerError): void {
    if (this.#endReason !== undefined) return
    this.#ports.logger.error('The embedded broker stops', { error: reason.message })
    this.#end(reason)
    void this.#cleaner.stop()
  }

  #createAdmin(): Admin {
    const topics = this.#topics
    return {
      brokerCount: async () => 1,
      createTopics: async (specs) => {
        this.#checkUp()
        await topics.create(specs)
        this.#cleaner.topicsChanged()
      },
      describeTopics: async (names, { withoutConfig = false } = {}) => {
        this.#checkUp()
        const described = topics.describe(names)
        return withoutConfig ? described.map((topic) => ({ ...topic, config: {} })) : described
      },
      alterTopic: async (name, config) => {
        this.#checkUp()
        await topics.alter(name, config)
        this.#cleaner.topicsChanged()
      },
      createPartitions: async (name, partitions) => {
        this.#checkUp()
        await topics.createPartitions(name, partitions)
      },
      deleteTopics: async (names) => {
        this.#checkUp()
        await topics.delete(names)
      },
      listOffsets: async (partitions, at) => {
        this.#checkUp()
        if (at !== 'stable') return topics.listOffsets(partitions, at)
        await this.#transactions.noneOpenIn(partitions.map(({ topic, partition }) => topics.log(topic, partition)))
        this.#checkUp()
        return topics.listOffsets(partitions, 'latest')
      },
      openTransactions: async () => {
        this.#checkUp()
        return this.#transactions.openIds()
      },
      deleteRecords: async (offsets) => {
        this.#checkUp()
        await topics.deleteRecords(offsets)
      },
      alterOffsets: (groupId, offsets) => this.#groups.alterOffsets(groupId, offsets),
    }
  }

  #checkUp(): void {
    if (this.#endReason !== undefined) throw this.#endReason
  }
}

async function checkFormat(storage: OrderedStorage): Promise<void> {
  const stored = storage.get(FORMAT_KEY)
  if (stored === undefined) {
    for await (const row of storage.scan({
      gte: Buffer.alloc(0),
      lt: Buffer.from([0xff]),
    })) {
      throw new FatalBrokerError(
        `The broker's storage has rows but no format row (the first key has ${row.key.length} bytes): it is damaged or belongs to another program. Choose another data directory, or put a copy back.`,
      )
    }
    const batch = storage.batch()
    batch.put(FORMAT_KEY, Buffer.of(FORMAT))
    await batch.write({ sync: true })
  } else if (stored[0] !== FORMAT) {
    throw new FatalBrokerError(
      `The broker's storage has format ${stored[0]}, but this version reads format ${FORMAT}: use the version that wrote it, or reset the data directory.`,
    )
  }
}

function withAdvice(error: StateCorruptedError): FatalBrokerError
function withAdvice(error: unknown): unknown
function withAdvice(error: unknown): unknown {
  if (error instanceof StateError && !(error instanceof StateCorruptedError)) return new FatalBrokerError(error.message, { cause: error })
  if (error instanceof StateCorruptedError) {
    return new FatalBrokerError(
      `${error.message} Nothing was changed; put a copy of the data directory back, or reset it to start empty.`,
      { cause: error },
    )
  }
  return error
}
