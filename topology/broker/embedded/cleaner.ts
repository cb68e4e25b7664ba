import type { StorageOperation } from '../../../state/index.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import { hasCleanupPolicy } from '../record-limits.ts'
import { BatchReader, filterBatch } from '../record-batch/index.ts'
import type { Journal } from './journal.ts'
import type { LogEntry, PartitionLog } from './partition-log.ts'
import type { Topic, Topics } from './topics.ts'

/** Kafka's defaults for `retention.ms` and `delete.retention.ms`. */
const DEFAULT_RETENTION_MS = 7 * 86_400_000
const DEFAULT_DELETE_RETENTION_MS = 86_400_000
/** The cleaner yields after this many bytes, so that compaction does not block other work. */
const STEP_BYTES = 1 << 20

interface CleanerOptions {
  readonly topics: Topics
  readonly journal: Journal
  readonly ports: Ports
  readonly retentionCheckIntervalMs: number
  readonly compactionMinBytes: number
}

/**
 * Removes what the topics' settings no longer keep. Policy `delete`: whole batches older than `retention.ms`, both by record timestamp and
 * by append time. Policy `compact`: records with a newer record of the same key, and tombstones older than `delete.retention.ms`. The
 * newest batch always stays.
 */
export class Cleaner {
  readonly #options: CleanerOptions
  readonly #queue = new Map<PartitionLog, Topic>()
  #working: Promise<void> | undefined
  #timer: TimerHandle | undefined
  #stopped = false

  constructor(options: CleanerOptions) {
    this.#options = options
  }

  /** Retention begins after its first interval, so that a reader that comes back with the broker still finds what it has not read. */
  start(): void {
    this.#armRetention()
    for (const topic of this.#options.topics.all()) for (const log of topic.logs) this.onGrown(topic, log)
  }

  /** Queues the log for compaction if its topic is compacted and enough of it is new. */
  onGrown(topic: Topic, log: PartitionLog): void {
    if (
      log.dirtyBytes < this.#options.compactionMinBytes ||
      log.dirtyBytes < log.sizeInBytes - log.dirtyBytes ||
      !hasCleanupPolicy(topic.config, 'compact')
    )
      return
    log.dirtyBytes = 0
    this.#queue.set(log, topic)
    this.#working ??= this.#work()
  }

  /** Call after topics or their settings change: starts the retention check if it has become necessary. */
  topicsChanged(): void {
    if (this.#timer === undefined) this.#armRetention()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#working
  }

  async #work(): Promise<void> {
    try {
      for (const [log, topic] of this.#queue) {
        this.#queue.delete(log)
        await this.#compact(log, Number(topic.config['delete.retention.ms'] ?? DEFAULT_DELETE_RETENTION_MS))
      }
    } catch (error) {
      if (!this.#stopped) this.#options.ports.logger.error('Compaction of a log failed; the log is unchanged', { error: String(error) })
    } finally {
      this.#working = undefined
    }
  }

  async #compact(log: PartitionLog, deleteRetentionMs: number): Promise<void> {
    const entries = [...log.entries]
    const latest = new Map<string, number>()
    await this.#inSteps(log, entries, (batch) => {
      while (batch.next()) if (batch.key !== null) latest.set(textOf(batch.key), batch.offset)
    })
    const tombstonesExpireBefore = this.#options.ports.clock.now() - deleteRetentionMs
    let changes = new Map<LogEntry, Buffer | undefined>()
    await this.#inSteps(
      log,
      entries.slice(0, -1),
      (batch, entry) => {
        const kept = filterBatch(batch, ({ key, value, offset }) => {
          return key !== null && latest.get(textOf(key)) === offset && (value !== null || entry.appendedAt > tombstonesExpireBefore)
        })
        if (!(kept instanceof BatchReader)) changes.set(entry, kept)
      },
      async () => {
        await this.#rewrite(log, changes)
        changes = new Map()
      },
    )
  }

  /** Reads the batches in steps of `STEP_BYTES`. Returns early when the cleaner is stopped. */
  async #inSteps(
    log: PartitionLog,
    entries: readonly LogEntry[],
    read: (batch: BatchReader, entry: LogEntry) => void,
    endStep: () => Promise<void> = async () => {},
  ): Promise<void> {
    let bytes = 0
    for (const entry of entries) {
      if (this.#stopped) return
      if (!log.holds(entry)) continue
      bytes += entry.sizeInBytes
      read(log.readBatch(entry), entry)
      if (bytes < STEP_BYTES) continue
      bytes = 0
      await endStep()
      await this.#options.ports.timers.yield()
    }
    await endStep()
  }

  async #rewrite(log: PartitionLog, changes: Map<LogEntry, Buffer | undefined>): Promise<void> {
    if (this.#stopped) return
    for (const entry of changes.keys()) if (!log.holds(entry)) changes.delete(entry)
    if (changes.size === 0) return
    const operations: StorageOperation[] = []
    log.rewriteRows(changes, operations)
    log.rewrite(changes)
    await this.#options.journal.append(operations, () => {})
  }

  #checkRetention(): void {
    const now = this.#options.ports.clock.now()
    const drops = []
    for (const topic of this.#options.topics.all()) {
      const topicRetentionMs = retentionMs(topic)
      for (const [partition, log] of topic.logs.entries()) {
        const firstKept = log.entries.findIndex(
          (entry, index) => Math.max(entry.maxTimestamp, entry.appendedAt) >= now - topicRetentionMs || index === log.entries.length - 1,
        )
        const offset = log.entries[firstKept]?.baseOffset
        if (firstKept > 0 && offset !== undefined) drops.push({ topic: topic.name, partition, offset })
      }
    }
    this.#options.topics.deleteRecords(drops).catch((error: unknown) => {
      if (!this.#stopped)
        this.#options.ports.logger.error('Retention failed to delete old records', {
          error: String(error),
        })
    })
    this.#armRetention()
  }

  /** Sets no timer while no topic has a retention. */
  #armRetention(): void {
    const needed = [...this.#options.topics.all()].some((topic) => retentionMs(topic) !== Infinity)
    this.#timer =
      needed && !this.#stopped
        ? this.#options.ports.timers.setTimeout(() => this.#checkRetention(), this.#options.retentionCheckIntervalMs)
        : undefined
  }
}

function retentionMs(topic: Topic): number {
  if (!hasCleanupPolicy(topic.config, 'delete')) return Infinity
  const configured = Number(topic.config['retention.ms'] ?? DEFAULT_RETENTION_MS)
  return configured < 0 ? Infinity : configured
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
