import { StateCorruptedError, StateError, type openTaskState, type StateStore, type TaskState } from '../../../state/index.ts'
import { FatalBrokerError } from '../../broker/index.ts'
import type { Broker, PartitionOffset, TopicPartition } from '../../broker/index.ts'
import type { SourceNode, Subtopology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import { cannotBeRead, LetterBox, type LetterPlace, ownHeaders, ParkedKeys } from '../dead-letters/index.ts'
import { asRetriable, messageOf, StreamsError, TaskCorruptedError, TaskMigratedError } from '../../errors.ts'
import { type GroupCommit, OutputBuffer, type TopicOutput } from '../commit/index.ts'
import type { AnyRecord } from './graph-environment.ts'
import { offsetBounds, offsetOf, type TaskStorages, TaskStores } from '../state/index.ts'
import { RecordQueue, type Head } from './record-queue.ts'
import { RunningGraph } from './running-graph.ts'
import { sinkWriter } from './sink-writer.ts'
import { taskName } from '../task-id.ts'
import { newTaskMetrics, type TaskMetrics } from './task-metrics.ts'
import type { TopicTable } from '../../topics/topic-table.ts'
import { unlessAborted } from '../unless-aborted.ts'

export interface TaskContext {
  readonly applicationId: string
  readonly groupId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  readonly openState: typeof openTaskState
  readonly topics: TopicTable
  readonly commits: GroupCommit
  readonly cacheBytes: number | undefined
  /** Resolves when no transaction that was begun before, here or by somebody who is gone, can be committed any more. */
  settled(): Promise<void>
  globalStore(name: string): StateStore | undefined
}

const RECORDS_PER_TURN = 1000
/** So many records go through a repartition topic before they are deleted from it. */
const PURGE_RECORDS = 10_000

/**
 * One sub-topology on one partition: its queues, its stores. Taking it goes: have what was left open ended → read the committed offset,
 * once no transaction has a say in it → restore the tail of the changelogs, once no transaction is open there → process. Whoever had the
 * task before is of an older generation of the group by then, so that it can store no offset any more, and with it nothing else: read in
 * another order, the changelogs may lack what the offset has behind it.
 */
export class Task {
  readonly id: TaskId
  readonly name: string
  readonly metrics: TaskMetrics = newTaskMetrics()
  readonly #subtopology: Subtopology
  readonly #context: TaskContext
  readonly #stores: TaskStores
  readonly #outputs = new OutputBuffer()
  readonly #partitions: readonly TopicPartition[]
  /** Records known to fail, with the reason: they are passed over when their transaction is done again. */
  readonly #dead = new Map<string, string>()
  #graph: RunningGraph | undefined
  #letters: LetterBox | undefined
  #queues: RecordQueue[] = []
  #committedPositions = new Map<RecordQueue, number>()
  /** Per repartition topic, up to where its records have been deleted. */
  readonly #purged = new Map<string, number>()
  #streamTime = -1
  readonly #positionListeners = new Set<() => void>()

  constructor(id: TaskId, subtopology: Subtopology, context: TaskContext) {
    this.id = id
    this.name = taskName(id)
    this.#subtopology = subtopology
    this.#context = context
    this.#partitions = subtopology.sourceTopics
      .map((topic) => ({ topic: context.topics.nameOf(topic), partition: id.partition }))
      .filter(({ topic, partition }) => partition < (context.topics.partitions(topic) ?? 0))
    this.#stores = new TaskStores({
      ...context,
      task: id,
      specs: subtopology.stores,
      end: 'stable',
      onRestored: (records) => (this.metrics.restored += records),
    })
  }

  get queues(): readonly RecordQueue[] {
    return this.#queues
  }

  get lag(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.lag, 0)
  }

  get isDirty(): boolean {
    return this.#outputs.records > 0 || (this.#stores.state?.dirtyRows ?? 0) > 0 || this.#queues.some((queue) => this.#moved(queue))
  }

  /** Rows written and records to be sent since the last commit. */
  get uncommittedRecords(): number {
    return this.#outputs.records + (this.#stores.state?.dirtyRows ?? 0)
  }

  /** Wall-clock time of the next punctuation. */
  get nextPunctuation(): number | undefined {
    return this.#graph?.punctuations.nextTime('wall')
  }

  get state(): TaskState | undefined {
    return this.#stores.state
  }

  /** Offsets of the inputs up to which everything is committed; undefined while the task is not open. */
  get committedPositions(): readonly PartitionOffset[] | undefined {
    if (this.#graph === undefined) return undefined
    return [...this.#committedPositions].map(([{ topic, partition }, offset]) => ({ topic, partition, offset }))
  }

  /** Calls back when the committed positions have changed: after a commit, an opening, the end. Answers with the way to stop that. */
  onPositions(listener: () => void): () => void {
    this.#positionListeners.add(listener)
    return () => this.#positionListeners.delete(listener)
  }

  /**
   * Opens the task, or opens it again after an error: whatever was not committed is gone and will be done again. Throws the signal's
   * reason when it is aborted: somebody's open transaction may hold up the opening for as long as it likes.
   */
  async open(signal = new AbortController().signal): Promise<void> {
    const { broker, groupId, settled } = this.#context
    this.#graph?.close()
    this.#graph = undefined
    this.#queues = []
    this.#outputs.clear()
    await unlessAborted(settled(), signal)
    const committed = await unlessAborted(broker.groups.committedOffsets(groupId, this.#partitions), signal)
    const state = await this.#stores.open(signal)
    await this.#openQueues(committed, signal)
    this.#letters = await this.#openLetters(state)
    this.#graph = new RunningGraph(this.#subtopology, this.#environment(), this.#streamTime)
    await this.#graph.init()
    this.#tellPositions()
  }

  /** Something can be worked on: a record is there, and no other partition is known to have one that may be older. */
  get hasWork(): boolean {
    const graph = this.#graph
    if (graph === undefined) return false
    const due = graph.punctuations.nextTime('wall')
    if (due !== undefined && due <= this.#context.ports.clock.now()) return true
    return this.#nextQueue(graph) !== undefined
  }

  /** Timestamp of the record that is worked on next; undefined: there is none, or an older one may be on its way. */
  get nextTimestamp(): number | undefined {
    const graph = this.#graph
    return graph && this.#nextQueue(graph)?.head(graph.streamTime)?.timestamp
  }

  /**
   * Works on what is there, for one turn of at most so many records.
   * A record that throws ends in the dead-letter topic: what it had done so far goes with the whole transaction, which is
   * then done again without it. Throws `StreamsError`s.
   */
  async process(records = RECORDS_PER_TURN): Promise<void> {
    const graph = this.#graph
    if (graph === undefined) return
    const due = graph.punctuations.nextTime('wall')
    if (due !== undefined && due <= this.#context.ports.clock.now()) await graph.punctuateWallClock()
    for (let count = 0; count < records; count++) {
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
    const state = this.#opened(this.#stores.state)
    const { partition } = this.id
    const changelogs = new Map(state.storeNames.map((store) => [store, this.#changelogOutput(store)]))
    const moved = this.#queues.filter((queue) => this.#moved(queue))
    const told = moved.length > 0 ? moved : this.#queues.slice(0, 1)
    try {
      state.collectChanges({
        change: (store, key, value, timestamp) => changelogs.get(store)?.append(partition, key, value, timestamp),
      })
      const ends = await this.#context.commits.commit({
        outputs: this.#outputs,
        offsets: told.map(({ topic, partition: from, position }) => ({ topic, partition: from, offset: position })),
      })
      this.#outputs.clear()
      await this.#stores.commit(ends)
      for (const queue of moved) this.#committedPositions.set(queue, queue.position)
      this.#streamTime = this.#graph?.streamTime ?? this.#streamTime
      this.metrics.commits++
      this.#tellPositions()
      this.#purge()
      this.#dead.clear()
    } catch (error) {
      throw error instanceof FatalBrokerError ? error : migrated(this.name, error)
    }
  }

  /** What came through a repartition topic and is committed is of no use any more. */
  #purge(): void {
    const { broker, ports, topics } = this.#context
    const offsets: PartitionOffset[] = []
    for (const { topic, partition, position } of this.#queues) {
      if (!topics.isRepartition(topic) || position - (this.#purged.get(topic) ?? 0) < PURGE_RECORDS) continue
      this.#purged.set(topic, position)
      offsets.push({ topic, partition, offset: position })
    }
    if (offsets.length === 0) return
    broker.admin.deleteRecords(offsets).catch((error: unknown) => {
      ports.logger.warn('a repartition topic could not be shortened; the next time will do', { task: this.name, error: messageOf(error) })
    })
  }

  /** Gives the task up. Whoever wants what is in hand commits first. */
  async close(): Promise<void> {
    this.#graph?.close()
    this.#graph = undefined
    this.#queues = []
    this.#tellPositions()
    await this.#stores.close()
  }

  #tellPositions(): void {
    for (const listener of this.#positionListeners) listener()
  }

  #work(graph: RunningGraph, head: Head): void | Promise<void> {
    const letters = this.#opened(this.#letters)
    const reason = this.#dead.size === 0 ? undefined : this.#dead.get(positionText(head))
    const { record } = head
    if (reason === undefined && record !== undefined && record.headers === undefined && letters.isEmpty) {
      return this.#process(graph, head, record)
    }
    const turn = letters.turnOf(head)
    switch (turn.kind) {
      case 'redriven-before':
        return this.#drop(turn.kind)
      case 'discard':
        return letters.settle(head)
      case 'behind':
        return this.#bury(head, 'behind a dead letter of the same key', turn.place)
      case 'work':
        if (reason !== undefined) return this.#bury(head, reason, turn.place)
        if (record === undefined) return this.#unreadable(head, turn.place)
        if (turn.place === undefined) return this.#process(graph, head, record)
        return this.#processLetter(graph, head, record)
      default:
        return turn satisfies never
    }
  }

  /** A record that cannot be read yet is waited for, and what came before it does not wait with it. */
  #unreadable(head: Head, place: LetterPlace | undefined): void | Promise<void> {
    const retriable = asRetriable(head.error)
    if (retriable === undefined) return this.#bury(head, cannotBeRead(messageOf(head.error)), place)
    return this.commit().then(() => {
      throw retriable
    })
  }

  #process(graph: RunningGraph, head: Head, record: AnyRecord): void | Promise<void> {
    try {
      const running = graph.process(head.topic, record, head)
      return running?.catch((error: unknown) => this.#failed(head, error))
    } catch (error) {
      this.#failed(head, error)
    }
  }

  #processLetter(graph: RunningGraph, head: Head, { headers, ...record }: AnyRecord): void | Promise<void> {
    const letters = this.#opened(this.#letters)
    const running = this.#process(graph, head, { ...record, headers: ownHeaders(headers) })
    return running === undefined ? letters.settle(head) : running.then(() => letters.settle(head))
  }

  /** Marks the record as dead and has the transaction done again: its effects so far are among what is not committed. */
  #failed(head: Head, error: unknown): never {
    if (error instanceof StreamsError) throw error
    if (error instanceof StateCorruptedError) this.#stores.damaged()
    if (error instanceof StateError) throw new TaskCorruptedError(error.message, { cause: error })
    const retriable = asRetriable(error)
    if (retriable !== undefined) throw retriable
    this.#dead.set(positionText(head), `cannot be processed: ${messageOf(error)}`)
    this.metrics.aborts++
    throw new TaskMigratedError(`Task ${this.name} leaves out ${positionText(head)}: ${messageOf(error)}`, { cause: error })
  }

  #bury(head: Head, reason: string, place: LetterPlace | undefined): void {
    this.#opened(this.#letters).bury(head, reason, place)
    this.metrics.deadLetters++
    this.#context.ports.logger.warn('a record went to the dead letters', { task: this.name, origin: positionText(head), reason })
  }

  async #openLetters(state: TaskState): Promise<LetterBox> {
    const { topics, ports } = this.#context
    return new LetterBox({
      parked: await ParkedKeys.open(this.id.subtopology, (name) => state.store(name)),
      outputs: this.#outputs,
      ports,
      topic: topics.deadLetters,
      partition: this.id.partition % (topics.partitions(topics.deadLetters) ?? 1),
    })
  }

  #drop(reason: string): void {
    this.metrics.drops.set(reason, (this.metrics.drops.get(reason) ?? 0) + 1)
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

  async #openQueues(committed: readonly PartitionOffset[], signal: AbortSignal): Promise<void> {
    const isNew = this.#partitions.some((partition) => offsetOf(committed, partition) === undefined)
    const { ends, starts } = await unlessAborted(
      offsetBounds(this.#context.broker.admin, this.#partitions, { isNew, end: 'latest' }),
      signal,
    )
    this.#queues = this.#partitions.map((from) => {
      const { topic, partition } = from
      const source = this.#sourceOf(topic)
      const end = offsetOf(ends, from) ?? 0
      const position = offsetOf(committed, from) ?? (source.offsetReset === 'latest' ? end : (offsetOf(starts, from) ?? 0))
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
      store: (name) => this.#context.globalStore(name) ?? this.#opened(this.#stores.state).store(name),
      sink: (node) => sinkWriter(node, topics, this.#outputs, this.id.partition),
      drop: (reason) => this.#drop(reason),
      wallClock: () => ports.clock.now(),
    }
  }

  #changelogOutput(store: string): TopicOutput | undefined {
    const changelog = this.#context.topics.changelogOf(store)
    return changelog === undefined ? undefined : this.#outputs.topic(changelog)
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
  return new TaskMigratedError(`Task ${task} has to be opened again: ${messageOf(error)}`, { cause: error })
}

function positionText({ topic, partition, offset }: Head): string {
  return `${topic}-${partition}@${offset}`
}
