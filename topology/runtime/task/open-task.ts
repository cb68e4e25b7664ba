import { partitionName, type PartitionOffset } from '../../broker/index.ts'
import type { Clock } from '../../ports.ts'
import type { RecordHandler } from './record-handler.ts'
import type { Head, RecordQueue } from './record-queue.ts'
import type { RunningGraph } from './running-graph.ts'
import type { TaskMetrics } from './task-metrics.ts'
import { TurnClock } from './turn-clock.ts'

export interface OpenTaskParts {
  readonly queues: readonly RecordQueue[]
  readonly graph: RunningGraph
  readonly records: RecordHandler
  readonly clock: Clock
  readonly metrics: TaskMetrics
  /** Processing up to this record has blocked the event loop for so long: `topic-partition@offset`. */
  onBlocked(record: string, blockedMs: number): void
}

/** Records that take longer are reported. Milliseconds. */
const BLOCKED_MS = 1_000

/** The parts of a task that last from one opening to the next: its queues, its graph, its record handler. Dropped as a whole after an error. */
export class OpenTask {
  readonly queues: readonly RecordQueue[]
  readonly graph: RunningGraph
  readonly #records: RecordHandler
  readonly #clock: Clock
  readonly #metrics: TaskMetrics
  readonly #committed: Map<RecordQueue, number>
  readonly #turn: TurnClock
  readonly #onBlocked: OpenTaskParts['onBlocked']
  #pending: Head | undefined

  constructor({ queues, graph, records, clock, metrics, onBlocked }: OpenTaskParts) {
    this.queues = queues
    this.graph = graph
    this.#records = records
    this.#clock = clock
    this.#metrics = metrics
    this.#turn = new TurnClock(clock)
    this.#onBlocked = onBlocked
    this.#committed = new Map(queues.map((queue) => [queue, queue.position]))
  }

  get lag(): number {
    return this.queues.reduce((sum, queue) => sum + queue.lag, 0)
  }

  /** Offsets of the inputs up to which everything is committed. */
  get committedPositions(): readonly PartitionOffset[] {
    return [...this.#committed].map(([{ topic, partition }, offset]) => ({ topic, partition, offset }))
  }

  /** Queues that have moved since the last commit. */
  get advancedQueues(): readonly RecordQueue[] {
    return this.queues.filter((queue) => this.#hasAdvanced(queue))
  }

  get hasAdvanced(): boolean {
    return this.queues.some((queue) => this.#hasAdvanced(queue))
  }

  /** A punctuation is due, or a record can be processed. */
  get hasWork(): boolean {
    return this.#isPunctuationDue || this.#nextQueue() !== undefined
  }

  /** Timestamp of the record that is processed next; undefined when there is none, or when an older one may still arrive. */
  get nextTimestamp(): number | undefined {
    return this.#nextQueue()?.head()?.timestamp
  }

  /** The record whose asynchronous processing has not ended: `topic-partition@offset`. */
  get pendingRecord(): string | undefined {
    return this.#pending && positionOf(this.#pending)
  }

  /** Processes for one turn, at most so many records. True when the transaction should end here, because a record was given up. */
  async process(records: number): Promise<boolean> {
    const { graph } = this
    if (this.#isPunctuationDue) await graph.punctuateWallClock()
    const turn = this.#turn
    turn.start()
    for (let count = 0; count < records; count++) {
      const queue = this.#nextQueue()
      const head = queue?.head()
      if (queue === undefined || head === undefined) return false
      const running = this.#records.handle(head)
      if (running !== undefined) await this.#pendingUntil(running, head)
      const isOver = turn.isOver()
      if (turn.sliceMs >= BLOCKED_MS && running === undefined) this.#onBlocked(positionOf(head), turn.sliceMs)
      queue.advance()
      this.#metrics.records++
      if (this.#records.hasGivenUp) return this.#records.takeGivenUp()
      if (isOver) return false
    }
    return false
  }

  /** The offsets of these queues have been committed. */
  committed(offsets: ReadonlyMap<RecordQueue, number>): void {
    for (const [queue, offset] of offsets) this.#committed.set(queue, offset)
  }

  close(): void {
    this.graph.close()
  }

  async #pendingUntil(running: Promise<void>, head: Head): Promise<void> {
    this.#pending = head
    try {
      await running
    } finally {
      this.#pending = undefined
    }
  }

  get #isPunctuationDue(): boolean {
    const due = this.graph.punctuations.nextTime('wall')
    return due !== undefined && due <= this.#clock.now()
  }

  #hasAdvanced(queue: RecordQueue): boolean {
    return queue.position > (this.#committed.get(queue) ?? 0)
  }

  /** The queue with the oldest record; undefined while another partition may still have an older one (KIP-353). */
  #nextQueue(): RecordQueue | undefined {
    let next: RecordQueue | undefined
    let oldest = Infinity
    for (const queue of this.queues) {
      const head = queue.head()
      if (head === undefined) {
        if (queue.expectsMore) return undefined
      } else if (head.timestamp < oldest) {
        next = queue
        oldest = head.timestamp
      }
    }
    return next
  }
}

function positionOf(head: Head): string {
  return `${partitionName(head)}@${head.offset}`
}
