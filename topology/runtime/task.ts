import { openTaskState, StateCorruptedError, type OrderedStorage, type StateStore, type TaskState } from '../../state/index.ts'
import { FatalBrokerError, partitionOf } from '../broker/index.ts'
import type { Broker, Fetcher, GroupMember, PartitionOffset, Producer, TopicPartition } from '../broker/index.ts'
import type { SinkNode, SourceNode, Subtopology } from '../graph/index.ts'
import type { Ports } from '../ports.ts'
import type { TaskId } from '../processor.ts'
import { deadLetterHeaders } from './dead-letters.ts'
import { RetriableError, StreamsError, TaskCorruptedError, TaskMigratedError } from './errors.ts'
import { OutputBuffer } from './output-buffer.ts'
import { RecordQueue, type Head } from './record-queue.ts'
import { restoreStore } from './restore.ts'
import { RunningGraph, type AnyRecord } from './running-graph.ts'
import { taskName } from './task-id.ts'
import { newTaskMetrics, type TaskMetrics } from './task-metrics.ts'
import type { TopicTable } from './topic-table.ts'

/** Where tasks keep their state on this instance. */
export interface TaskStorages {
  open(task: TaskId): Promise<OrderedStorage>
  /** Deletes what the task kept; it is not open. */
  destroy(task: TaskId): Promise<void>
}

export interface TaskContext {
  readonly applicationId: string
  readonly groupId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  readonly openState: typeof openTaskState
  readonly topics: TopicTable
  readonly guarantee: 'exactly_once' | 'at_least_once'
  readonly cacheBytes: number | undefined
  /** The instance's place in the group: with whose generation offsets are stored. */
  member(): GroupMember
  globalStore(name: string): StateStore | undefined
}

/** Kept beside the state: which incarnation of each changelog it goes with. */
interface Note {
  readonly changelogs: Readonly<{ [topic: string]: string }>
}

const RECORDS_PER_TURN = 1000

/**
 * One sub-topology on one partition: its queues, its stores, its producer. Taking it goes: open the transactional id, which
 * fences whoever had it → read the committed offset → restore the tail of the changelogs → process. Any other order reads an
 * offset that the former holder may still move.
 */
export class Task {
  readonly id: TaskId
  readonly name: string
  readonly metrics: TaskMetrics = newTaskMetrics()
  readonly #subtopology: Subtopology
  readonly #context: TaskContext
  readonly #outputs = new OutputBuffer()
  readonly #partitions: readonly TopicPartition[]
  readonly #dead = new Map<string, { readonly reason: string }>()
  #state: TaskState | undefined
  #producer: Producer | undefined
  #graph: RunningGraph | undefined
  #queues: RecordQueue[] = []
  #committedPositions = new Map<RecordQueue, number>()
  #streamTime = -1
  readonly #commitListeners = new Set<() => void>()

  constructor(id: TaskId, subtopology: Subtopology, context: TaskContext) {
    this.id = id
    this.name = taskName(id)
    this.#subtopology = subtopology
    this.#context = context
    this.#partitions = subtopology.sourceTopics
      .map((topic) => ({ topic: context.topics.nameOf(topic), partition: id.partition }))
      .filter(({ topic, partition }) => partition < (context.topics.partitions(topic) ?? 0))
  }

  get queues(): readonly RecordQueue[] {
    return this.#queues
  }

  get lag(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.lag, 0)
  }

  get isDirty(): boolean {
    return this.#outputs.records > 0 || (this.#state?.dirtyRows ?? 0) > 0 || this.#queues.some((queue) => this.#moved(queue))
  }

  /** Bytes waiting to be committed, roughly. */
  get uncommittedRecords(): number {
    return this.#outputs.records + (this.#state?.dirtyRows ?? 0)
  }

  /** Wall-clock time of the next punctuation. */
  get nextPunctuation(): number | undefined {
    return this.#graph?.punctuations.nextTime('wall')
  }

  get state(): TaskState | undefined {
    return this.#state
  }

  /** Offsets of the inputs up to which everything is committed; undefined while the task is being opened. */
  get committedPositions(): readonly PartitionOffset[] | undefined {
    if (this.#graph === undefined) return undefined
    return [...this.#committedPositions].map(([{ topic, partition }, offset]) => ({ topic, partition, offset }))
  }

  /** Calls back after each commit; answers with the way to stop that. */
  onCommit(listener: () => void): () => void {
    this.#commitListeners.add(listener)
    return () => this.#commitListeners.delete(listener)
  }

  /** Opens the task, or opens it again after an error: whatever was not committed is gone and will be done again. */
  async open(): Promise<void> {
    const { broker, applicationId, groupId, guarantee } = this.#context
    this.#graph?.close()
    this.#graph = undefined
    this.#queues = []
    this.#outputs.clear()
    await this.#producer?.close()
    this.#producer = await broker.openProducer(guarantee === 'exactly_once' ? { transactionalId: `${applicationId}-${this.name}` } : {})
    const committed = await broker.groups.committedOffsets(groupId, this.#partitions)
    await this.#openState()
    await this.#openQueues(committed)
    this.#graph = new RunningGraph(this.#subtopology, this.#environment(), this.#streamTime)
    await this.#graph.init()
  }

  /** Something can be worked on: a record is there, and no other partition is known to have one that may be older. */
  get hasWork(): boolean {
    const graph = this.#graph
    if (graph === undefined) return false
    const due = graph.punctuations.nextTime('wall')
    if (due !== undefined && due <= this.#context.ports.clock.now()) return true
    return this.#nextQueue(graph) !== undefined
  }

  /**
   * Works on what is there, for one turn. Answers without a promise when no processor asked for one.
   * A record that throws ends in the dead-letter topic: what it had done so far goes with the whole transaction, which is
   * then done again without it. Throws `StreamsError`s.
   */
  async process(): Promise<void> {
    const graph = this.#graph
    if (graph === undefined) return
    const due = graph.punctuations.nextTime('wall')
    if (due !== undefined && due <= this.#context.ports.clock.now()) await graph.punctuateWallClock()
    for (let count = 0; count < RECORDS_PER_TURN; count++) {
      const queue = this.#nextQueue(graph)
      const head = queue?.head(graph.streamTime)
      if (queue === undefined || head === undefined) return
      const running = this.#work(graph, head)
      if (running !== undefined) await running
      queue.advance()
      this.metrics.records++
    }
  }

  /** Makes everything since the last commit permanent, in one transaction. */
  async commit(): Promise<void> {
    if (!this.isDirty) return
    const { topics } = this.#context
    const state = this.#opened(this.#state)
    const producer = this.#opened(this.#producer)
    const { partition } = this.id
    state.collectChanges({
      change: (store, key, value, timestamp) => {
        const changelog = topics.changelogOf(store)
        if (changelog !== undefined) this.#outputs.append(changelog, partition, key, value, timestamp)
      },
    })
    try {
      await this.#outputs.send(producer)
      const moved = this.#queues.filter((queue) => this.#moved(queue))
      await producer.sendOffsets(
        this.#context.member(),
        moved.map(({ topic, partition: from, position }) => ({ topic, partition: from, offset: position })),
      )
      const ends = await producer.commit()
      this.#outputs.clear()
      const positions = new Map<string, number>()
      for (const name of state.storeNames) {
        const end = ends.find(({ topic }) => topic === topics.changelogOf(name))
        if (end !== undefined) positions.set(name, end.offset)
      }
      await this.#commitState(state, positions)
      for (const queue of moved) this.#committedPositions.set(queue, queue.position)
      this.#streamTime = this.#graph?.streamTime ?? this.#streamTime
      this.metrics.commits++
      for (const listener of this.#commitListeners) listener()
      this.#dead.clear()
    } catch (error) {
      throw error instanceof FatalBrokerError ? error : migrated(this.name, error)
    }
  }

  /** Gives the task up. Whoever wants what is in hand commits first. */
  async close(): Promise<void> {
    this.#graph?.close()
    this.#graph = undefined
    this.#queues = []
    try {
      await this.#producer?.close()
    } finally {
      await this.#closeState()
    }
  }

  /** The broker has committed; a storage that does not take it is read anew, and the changelogs give what it lacks. */
  async #commitState(state: TaskState, positions: ReadonlyMap<string, number>): Promise<void> {
    try {
      await state.commit(positions)
    } catch (error) {
      await this.#closeState()
      throw error
    }
  }

  #work(graph: RunningGraph, head: Head): void | Promise<void> {
    const dead = this.#dead.size === 0 ? undefined : this.#dead.get(positionText(head))
    if (dead !== undefined) return this.#bury(head, dead.reason)
    if (head.record === undefined) {
      if (head.error instanceof RetriableError || isRetriable(head.error)) throw retriable(head.error)
      return this.#bury(head, `cannot be read: ${text(head.error)}`)
    }
    try {
      const running = graph.process(head.topic, head.record, head)
      return running?.catch((error: unknown) => this.#failed(head, error))
    } catch (error) {
      this.#failed(head, error)
    }
  }

  /** Marks the record as dead and has the transaction done again: its effects so far are among what is not committed. */
  #failed(head: Head, error: unknown): never {
    if (error instanceof StreamsError || isRetriable(error)) throw error instanceof StreamsError ? error : retriable(error)
    this.#dead.set(positionText(head), { reason: `cannot be processed: ${text(error)}` })
    this.metrics.aborts++
    throw new TaskMigratedError(`Task ${this.name} leaves out ${positionText(head)}: ${text(error)}`, { cause: error })
  }

  #bury(head: Head, reason: string): void {
    const { topics, ports } = this.#context
    const { key, value } = head.batch
    const headers = deadLetterHeaders(head, reason, ports.clock.now())
    this.#outputs.append(
      topics.deadLetters,
      this.id.partition % (topics.partitions(topics.deadLetters) ?? 1),
      key,
      value,
      head.timestamp,
      headers,
    )
    this.metrics.deadLetters++
    ports.logger.warn('a record went to the dead letters', { task: this.name, origin: positionText(head), reason })
  }

  #nextQueue(graph: RunningGraph): RecordQueue | undefined {
    let next: RecordQueue | undefined
    let oldest = Infinity
    for (const queue of this.#queues) {
      const head = queue.head(graph.streamTime)
      if (head === undefined) {
        if (queue.expectsMore) return undefined
      } else if (head.timestamp < oldest) {
        next = queue
        oldest = head.timestamp
      }
    }
    return next
  }

  async #openState(): Promise<void> {
    if (this.#state !== undefined) {
      this.#state.abort()
      await this.#restore(this.#state)
      return
    }
    try {
      await this.#openFresh()
    } catch (error) {
      if (!(error instanceof StateCorruptedError || error instanceof TaskCorruptedError)) throw error
      this.#context.ports.logger.warn('local state is wiped and restored', { task: this.name, reason: error.message })
      await this.#closeState()
      await this.#context.storages.destroy(this.id)
      await this.#openFresh()
    }
  }

  async #closeState(): Promise<void> {
    const state = this.#state
    this.#state = undefined
    await state?.close()
  }

  async #openFresh(): Promise<void> {
    const { cacheBytes, openState, storages } = this.#context
    const storage = await storages.open(this.id)
    try {
      const stores = this.#subtopology.stores
      this.#state = await openState({ storage, stores, ...(cacheBytes === undefined ? {} : { cacheBytes }) })
    } catch (error) {
      await storage.close()
      throw error
    }
    await this.#restore(this.#state)
  }

  async #restore(state: TaskState): Promise<void> {
    const { broker, topics } = this.#context
    const note: Note = { changelogs: topics.changelogIds(state.storeNames) }
    if (state.note !== undefined && state.note !== JSON.stringify(note)) {
      throw new TaskCorruptedError('The changelogs have been made anew since this state was written.')
    }
    const fetcher: Fetcher = broker.openFetcher()
    try {
      for (const store of state.storeNames) {
        const topic = topics.changelogOf(store)
        if (topic === undefined) continue
        this.metrics.restored += await restoreStore(broker, fetcher, state, { store, topic, partition: this.id.partition })
      }
      if (state.note === undefined) await state.commit(new Map(), JSON.stringify(note))
    } finally {
      await fetcher.close()
    }
  }

  async #openQueues(committed: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]): Promise<void> {
    const { broker } = this.#context
    const ends = await broker.admin.listOffsets(this.#partitions, 'latest')
    const starts = await broker.admin.listOffsets(this.#partitions, 'earliest')
    this.#queues = this.#partitions.map(({ topic, partition }, at) => {
      const source = this.#sourceOf(topic)
      const end = ends[at]?.offset ?? 0
      const stored = committed.find((one) => one.topic === topic && one.partition === partition)?.offset
      const position = stored ?? (source.offsetReset === 'latest' ? end : (starts[at]?.offset ?? 0))
      return new RecordQueue(topic, partition, source, position, end)
    })
    this.#committedPositions = new Map(this.#queues.map((queue) => [queue, queue.position]))
  }

  #sourceOf(topic: string): SourceNode {
    for (const node of this.#subtopology.nodes) {
      if (node.kind === 'source' && node.topics.some((name) => this.#context.topics.nameOf(name) === topic)) return node
    }
    throw new RangeError(`No source of task ${this.name} reads ${topic}`)
  }

  #environment(): ConstructorParameters<typeof RunningGraph>[1] {
    const { applicationId, ports, topics } = this.#context
    return {
      taskId: this.id,
      applicationId,
      topicOf: (name) => topics.nameOf(name),
      store: (name) => this.#context.globalStore(name) ?? this.#opened(this.#state).store(name),
      emit: (sink, record) => this.#emit(sink, record),
      drop: (reason) => void this.metrics.drops.set(reason, (this.metrics.drops.get(reason) ?? 0) + 1),
      wallClock: () => ports.clock.now(),
    }
  }

  #emit(sink: SinkNode, record: AnyRecord): void {
    const { topics } = this.#context
    const topic = topics.nameOf(typeof sink.topic === 'string' ? sink.topic : sink.topic(record))
    const partitions = topics.partitions(topic)
    if (partitions === undefined) throw topics.missing(topic)
    const key = record.key === null ? null : sink.keySerde.serialize(record.key)
    const value = record.value === null ? null : sink.valueSerde.serialize(record.value)
    const partition =
      sink.partitioner?.(topic, record.key, record.value, partitions) ??
      (key === null ? this.id.partition % partitions : partitionOf(key, partitions))
    this.#outputs.append(topic, partition, key, value, record.timestamp, record.headers)
  }

  #moved(queue: RecordQueue): boolean {
    return queue.position > (this.#committedPositions.get(queue) ?? 0)
  }

  #opened<T>(part: T | undefined): T {
    if (part === undefined) throw new TaskMigratedError(`Task ${this.name} is not open`)
    return part
  }
}

/** After any error between the first send and the end of the commit only opening the task again tells what happened. */
function migrated(task: string, error: unknown): TaskMigratedError {
  return new TaskMigratedError(`Task ${task} has to be opened again: ${text(error)}`, { cause: error })
}

function positionText({ topic, partition, offset }: Head): string {
  return `${topic}-${partition}@${offset}`
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Serdes from outside the engine say "not now" with a promise of when. */
function isRetriable(error: unknown): error is Error & { readonly ready: Promise<unknown> } {
  return error instanceof Error && 'ready' in error && error.ready instanceof Promise
}

function retriable(error: unknown): RetriableError {
  if (error instanceof RetriableError) return error
  const ready = isRetriable(error) ? error.ready : Promise.resolve()
  return new RetriableError(text(error), { cause: error, ready })
}
