import type { openTaskState, StateStore, TaskState } from '../../../state/index.ts'
import {
  FatalBrokerError,
  partitionName,
  RecordRefusedError,
  UnknownTopicError,
  type Broker,
  type PartitionOffset,
  type TopicBatches,
  type TopicPartition,
} from '../../broker/index.ts'
import { FatalStreamsError, messageOf, TaskMigratedError, type RecordError, type StreamsError } from '../../errors.ts'
import type { SourceNode, Subtopology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { RecordMetadata, TaskId } from '../../processor.ts'
import type { TopicTable } from '../../topics/index.ts'
import { OutputBuffer, type GroupCommit } from '../commit/index.ts'
import { LetterBox, ParkedKeys, parkedKeysStore } from '../dead-letters/index.ts'
import { TaskStores, type TaskStorages } from '../state/index.ts'
import { StateMachine } from '../state-machine.ts'
import { taskName } from '../task-id.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { ErrorHandlers } from '../error-handlers.ts'
import type { GraphEnvironment } from './graph-environment.ts'
import { openQueues } from './open-queues.ts'
import { OpenTask } from './open-task.ts'
import { encodePartitionTime } from './partition-time.ts'
import { RecordHandler, type RecordFailure } from './record-handler.ts'
import type { RecordQueue } from './record-queue.ts'
import { RepartitionPurge } from './repartition-purge.ts'
import { RunningGraph } from './running-graph.ts'
import { sinkWriter } from './sink-writer.ts'
import { newTaskMetrics, type TaskMetrics } from './task-metrics.ts'
import { TASK_TRANSITIONS, type TaskStatus } from './task-status.ts'
import { TopicIncarnations } from './topic-incarnations.ts'

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
  readonly errorHandlers: ErrorHandlers
  /** Resolves when every transaction begun before, by this instance or by dead members, has been committed or aborted. */
  transactionsDecided(): Promise<void>
  globalStore(name: string): StateStore | undefined
  /** Processing up to this record has blocked the event loop for so long: `topic-partition@offset`. */
  onBlocked(task: string, record: string, blockedMs: number): void
}

const RECORDS_PER_TURN = 1000
const MOST_REFUSALS = 2

/**
 * One sub-topology on one partition: its queues, its stores, its graph. Opening order: abort transactions left by dead members → read the committed
 * offsets, once no transaction with offsets of these partitions is pending → restore the tails of the changelogs, up to where they are stable → process. By then
 * the former owner is of an older generation of the group, so that the coordinator rejects its offsets and its transaction with them. In
 * any other order the changelogs may lack what the offsets already cover (DECISIONS 79).
 */
export class Task {
  readonly id: TaskId
  readonly name: string
  readonly metrics: TaskMetrics = newTaskMetrics()
  readonly #subtopology: Subtopology
  readonly #context: TaskContext
  readonly #stores: TaskStores
  readonly #outputs: OutputBuffer
  readonly #purge: RepartitionPurge
  /** As of the last opening. */
  #partitions: readonly TopicPartition[] = []
  readonly #status: StateMachine<TaskStatus>
  readonly #positionListeners = new Set<() => void>()
  /** Records known to fail, by position, with the reason: skipped when their transaction is done again. */
  readonly #failed = new Map<string, RecordFailure>()
  #incarnations: TopicIncarnations | undefined
  /** Of the last opening. Undefined while restoring, after an error in it, and when closed. */
  #open: OpenTask | undefined
  #streamTime = -1
  #hasRun = false
  /** How many commits in a row the broker has refused although all records fitted the topics' settings. */
  #refusals = 0

  constructor(id: TaskId, subtopology: Subtopology, context: TaskContext) {
    const { broker, ports, topics } = context
    this.id = id
    this.name = taskName(id)
    this.#status = new StateMachine(`Task ${this.name}`, 'created', TASK_TRANSITIONS)
    this.#subtopology = subtopology
    this.#context = context
    this.#outputs = new OutputBuffer(topics)
    this.#purge = new RepartitionPurge({ task: this.name, admin: broker.admin, topics, ports })
    this.#stores = new TaskStores({
      ...context,
      task: id,
      specs: subtopology.stores,
      end: 'stable',
      onRestored: (records) => (this.metrics.restored += records),
    })
  }

  get status(): TaskStatus {
    return this.#status.state
  }

  /** Committed state can be read: the task has run and is not revoked, even if it waits or is opened again at the moment. */
  get isReadable(): boolean {
    return this.#hasRun && this.status !== 'suspended' && this.status !== 'closed'
  }

  get queues(): readonly RecordQueue[] {
    return this.#open?.queues ?? []
  }

  get lag(): number {
    return this.#open?.lag ?? 0
  }

  /** Source topics have grown: the task has inputs that its last opening did not know. */
  get isOutdated(): boolean {
    return this.#open !== undefined && this.#inputs().length !== this.#partitions.length
  }

  get isDirty(): boolean {
    return this.uncommittedRecords > 0 || this.#open?.hasAdvanced === true
  }

  /** Rows written and records to be sent since the last commit. */
  get uncommittedRecords(): number {
    return this.#outputs.records + (this.#stores.state?.dirtyRows ?? 0)
  }

  /** Wall-clock time of the next punctuation. */
  get nextPunctuation(): number | undefined {
    return this.#open?.graph.punctuations.nextTime('wall')
  }

  get state(): TaskState | undefined {
    return this.#stores.state
  }

  /** Offsets of the inputs up to which everything is committed; undefined while the task is not open. */
  get committedPositions(): readonly PartitionOffset[] | undefined {
    return this.#open?.committedPositions
  }

  /** Calls back when the committed positions have changed: after a commit, an opening, the closing. Returns a function that stops that. */
  onPositions(listener: () => void): () => void {
    this.#positionListeners.add(listener)
    return () => this.#positionListeners.delete(listener)
  }

  /**
   * Opens the task, or opens it again after an error: what was not committed is dropped and will be done again. Throws the signal's
   * reason when it is aborted, because an open transaction of another producer can hold up the opening indefinitely.
   */
  async open(signal = new AbortController().signal): Promise<void> {
    const { broker, groupId, transactionsDecided } = this.#context
    this.#status.become('restoring')
    this.#drop()
    this.#partitions = this.#inputs()
    if (this.#partitions.length === 0)
      throw new UnknownTopicError(`Task ${this.name} has no input: its source topics have fewer partitions, as far as this instance knows.`)
    this.metrics.openings++
    await unlessAborted(transactionsDecided(), signal)
    const committed = await unlessAborted(broker.groups.committedOffsets(groupId, this.#partitions), signal)
    const state = await this.#stores.open(signal)
    this.#incarnations = this.#verifyIncarnations(state)
    const queues = await openQueues({
      admin: broker.admin,
      partitions: this.#partitions,
      sourceOf: (topic) => this.#sourceOf(topic),
      topicIdOf: (topic) => this.#context.topics.topicIdOf(topic),
      committed,
      clock: this.#context.ports.clock,
      signal,
    })
    const open = await this.#openGraph(state, queues)
    this.#open = open
    await open.graph.init()
    signal.throwIfAborted()
    this.#status.become('running')
    this.#hasRun = true
    this.#notifyPositionListeners()
  }

  get hasWork(): boolean {
    return this.#open?.hasWork === true
  }

  /** Timestamp of the record that is processed next; undefined: there is none, or an older one may still arrive. */
  get nextTimestamp(): number | undefined {
    return this.#open?.nextTimestamp
  }

  /** Processes what has arrived, for one turn of at most so many records. True when a commit is due. Throws `StreamsError`s. */
  async process(records = RECORDS_PER_TURN): Promise<boolean> {
    return (await this.#open?.process(records)) ?? false
  }

  /** The record whose asynchronous processing has not ended: `topic-partition@offset`. */
  get pendingRecord(): string | undefined {
    return this.#open?.pendingRecord
  }

  /** Makes everything since the last commit permanent, in one transaction. */
  async commit(): Promise<void> {
    if (!this.isDirty) return
    const [open, state] = [this.#open, this.#stores.state]
    if (open === undefined || state === undefined) throw new TaskMigratedError(`Task ${this.name} is not open`)
    const changelogs = new Map(state.storeNames.map((store) => [store, this.#changelogOutput(store)]))
    // Every commit stores an offset, because it is by its offsets that the coordinator fences a former owner.
    const advanced = open.hasAdvanced ? open.advancedQueues : open.queues.slice(0, 1)
    const offsetsToCommit = new Map(advanced.map((queue) => [queue, queue.position]))
    try {
      this.#incarnations?.store()
      state.collectChanges({
        change: (store, key, value, timestamp) => changelogs.get(store)?.append(this.id.partition, key, value, timestamp),
      })
      const ends = await this.#context.commits.commit({
        outputs: this.#outputs,
        offsets: [...offsetsToCommit].map(([{ topic, partition, partitionTime }, offset]) => ({
          topic,
          partition,
          offset,
          metadata: encodePartitionTime(partitionTime),
        })),
      })
      this.#outputs.clear()
      await this.#stores.commit(ends)
      open.committed(offsetsToCommit)
      this.#streamTime = open.graph.streamTime
      this.#refusals = 0
      this.metrics.commits++
      this.#notifyPositionListeners()
      this.#purge.run(open.queues)
      this.#failed.clear()
    } catch (error) {
      if (error instanceof RecordRefusedError) throw this.#refused(error)
      throw error instanceof FatalBrokerError ? error : reopened(this.name, error)
    }
  }

  /** An error ended the last opening or transaction: the task is not processed until it is opened again. */
  wait(): void {
    if (this.#status.canBecome('waiting')) this.#status.become('waiting')
  }

  /** The task is revoked: what it has processed may still be committed, nothing else. */
  suspend(): void {
    if (this.#status.canBecome('suspended')) this.#status.become('suspended')
  }

  /** Closes the stores without a commit. */
  async close(): Promise<void> {
    this.suspend()
    this.#drop()
    this.#notifyPositionListeners()
    await this.#stores.close()
    if (this.#status.canBecome('closed')) this.#status.become('closed')
  }

  /**
   * The settings are read again; then the record that does not fit is found before it is sent. A second refusal may still be due to what another task of
   * the transaction had filled before.
   */
  #refused(error: RecordRefusedError): StreamsError {
    const message = `Task ${this.name} cannot commit: ${error.message}`
    if (++this.#refusals > MOST_REFUSALS) {
      return new FatalStreamsError(
        `${message} It fits the topic's settings as far as this instance can read them: allow DescribeConfigs on the topic, or raise the setting.`,
        { cause: error },
      )
    }
    return this.#context.topics.refused(error)
  }

  /** Drops what the last opening made. */
  #drop(): void {
    this.#open?.close()
    this.#open = undefined
    this.#outputs.clear()
  }

  #notifyPositionListeners(): void {
    for (const listener of this.#positionListeners) listener()
  }

  #inputs(): readonly TopicPartition[] {
    const { topics } = this.#context
    return this.#subtopology.sourceTopics
      .map((topic) => ({ topic: topics.nameOf(topic), partition: this.id.partition }))
      .filter(({ topic, partition }) => partition < (topics.partitions(topic) ?? 0))
  }

  #verifyIncarnations(state: TaskState): TopicIncarnations {
    const { topics } = this.#context
    const changelogs = state.storeNames.map((store) => topics.changelogOf(store)).filter((topic) => topic !== undefined)
    const names = [...this.#partitions.map(({ topic }) => topic), ...changelogs]
    return new TopicIncarnations(
      parkedKeysStore(this.id.subtopology, (name) => state.store(name)),
      topics,
      names,
    )
  }

  async #openGraph(state: TaskState, queues: readonly RecordQueue[]): Promise<OpenTask> {
    const { topics, ports } = this.#context
    const graph = new RunningGraph(
      this.#subtopology,
      this.#environment(state, (error, operator) => records.punctuatorFailed(error, operator)),
      queues.reduce((time, { partitionTime }) => Math.max(time, partitionTime), this.#streamTime),
    )
    const letters = new LetterBox({
      parked: await ParkedKeys.open(this.id.subtopology, (name) => state.store(name)),
      outputs: this.#outputs,
      ports,
      topic: topics.deadLetters,
      partitionOf: (topic) => this.#ownPartitionOf(topic),
    })
    const records = new RecordHandler({
      task: this.name,
      graph,
      letters,
      handlers: this.#context.errorHandlers,
      failed: this.#failed,
      metrics: this.metrics,
      logger: ports.logger,
      drop: (reason, record, error) => this.#countDrop(reason, record, error),
      commit: () => this.commit(),
      onStateDamaged: () => this.#stores.damaged(),
    })
    return new OpenTask({
      queues,
      graph,
      records,
      clock: ports.clock,
      metrics: this.metrics,
      onBlocked: (record, blockedMs) => this.#context.onBlocked(this.name, record, blockedMs),
    })
  }

  /** The partition of another topic that this task writes to where no key decides. Throws `RetriableError` while the topic does not exist. */
  #ownPartitionOf(topic: string): number {
    const { topics } = this.#context
    const partitions = topics.partitions(topic)
    if (partitions === undefined) throw topics.missing(topic)
    return this.id.partition % partitions
  }

  /** The first drop of each reason is a warning, the others are counted. */
  #countDrop(reason: string, at: RecordMetadata | undefined, error?: RecordError): void {
    const count = (this.metrics.drops.get(reason) ?? 0) + 1
    this.metrics.drops.set(reason, count)
    if (count > 1) return
    const record = at && `${partitionName(at)}@${at.offset}`
    const fields = { code: 'record-dropped', task: this.name, reason, record, ...(error && { error: error.message }) } as const
    this.#context.ports.logger.warn('a record was dropped; further ones with this reason are only counted', fields)
  }

  #sourceOf(topic: string): SourceNode {
    for (const node of this.#subtopology.nodes) {
      if (node.kind === 'source' && node.topics.some((name) => this.#context.topics.nameOf(name) === topic)) return node
    }
    throw new RangeError(`No source of task ${this.name} reads ${topic}`)
  }

  #environment(state: TaskState, punctuatorFailed: GraphEnvironment['punctuatorFailed']): GraphEnvironment {
    const { applicationId, globalStore, ports, topics } = this.#context
    return {
      taskId: this.id,
      applicationId,
      topicOf: (name) => topics.nameOf(name),
      store: (name) => globalStore(name) ?? state.store(name),
      sink: (node) => sinkWriter(node, topics, this.#outputs, this.id.partition),
      drop: (reason) => this.#countDrop(reason, this.#open?.graph.metadata),
      wallClock: () => ports.clock.now(),
      punctuatorFailed,
    }
  }

  #changelogOutput(store: string): TopicBatches | undefined {
    const changelog = this.#context.topics.changelogOf(store)
    return changelog === undefined ? undefined : this.#outputs.topic(changelog)
  }
}

/** After any error between the first send and the end of the commit only opening the task again tells what happened (DECISIONS 12). */
function reopened(task: string, error: unknown): TaskMigratedError {
  return new TaskMigratedError(`Task ${task} has to be opened again: ${messageOf(error)}`, { cause: error })
}
