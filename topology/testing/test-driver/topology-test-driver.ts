import { invalidTimestamp, isTimestamp, openTaskState } from '../../../state/index.ts'
import type { StateStore } from '../../../state/index.ts'
import type { Broker, EmbeddedBroker, Fetcher, GroupMember } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import { RecordError, StreamsError, TaskMigratedError } from '../../errors.ts'
import { readDeadLetters, withParkedKeys } from '../../runtime/dead-letters/index.ts'
import type { DeadLetter } from '../../runtime/dead-letters/index.ts'
import { GlobalStores, memoryTaskStorages } from '../../runtime/state/index.ts'
import { GroupCommit } from '../../runtime/commit/index.ts'
import { Task } from '../../runtime/task/index.ts'
import { TopicTable } from '../../topics/index.ts'
import { manualPorts } from '../manual-ports.ts'
import type { ManualPorts } from '../manual-ports.ts'
import { memoryBroker } from '../memory-broker.ts'
import { TestInput } from './test-input.ts'
import { TestOutput } from './test-output.ts'
import { serdesOf } from './test-serdes.ts'
import type { TestSerdes } from './test-serdes.ts'

export interface TestDriverOptions {
  /** Partition count of every external topic. Default 1. */
  readonly partitions?: number
  /** Partition counts of individual topics. Must include topics that a sink chooses per record. */
  readonly topics?: Readonly<Record<string, number>>
  /** Initial time, in milliseconds since the epoch. Default 0. */
  readonly startTime?: number
}

const APPLICATION = 'test'

/** The driver joins no group. */
const NO_MEMBER: GroupMember = { groupId: APPLICATION, memberId: '', generation: -1 }

/**
 * Runs a topology in a test, with the tasks, stores, transactions and topics of production, over the embedded broker in memory. The
 * clock stands still until `advance`, and nothing runs in the background. Records are processed and committed one at a time: the one
 * with the lowest timestamp among all tasks; among equal ones that of the first sub-topology, then of the first partition. Await each
 * call before the next.
 *
 *     const driver = await TopologyTestDriver.open(builder.build(), { partitions: 3 })
 *     const words = driver.input('words', { key: Serdes.string, value: Serdes.string })
 *     const counts = driver.output('counts', { key: Serdes.string, value: Serdes.long })
 *     await words.pipe('anne', 'hello', 1_000)
 *     expect(await counts.read()).toMatchObject([{ key: 'hello', value: 1, timestamp: 1_000 }])
 *     await driver.close()
 */
export class TopologyTestDriver {
  readonly #topology: Topology
  readonly #broker: Broker
  readonly #ports: ManualPorts
  readonly #topics: TopicTable
  readonly #fetcher: Fetcher
  #storages = memoryTaskStorages()
  #globals: GlobalStores
  #commits: GroupCommit | undefined
  #tasks: readonly Task[] = []
  #isProcessing = false

  /** Throws `FatalStreamsError` for a topology that an instance could not start either. */
  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    const { partitions = 1, topics = {}, startTime = 0 } = options
    if (!isTimestamp(startTime)) throw invalidTimestamp(startTime, 'The start of the test driver')
    const ports = manualPorts(startTime)
    const broker = await memoryBroker(ports)
    const counts = { ...Object.fromEntries(namedTopics(topology).map((name) => [name, partitions])), ...topics }
    const config = { 'retention.ms': '-1' }
    await broker.admin.createTopics(Object.entries(counts).map(([name, count]) => ({ name, partitions: count, config })))
    const driver = new TopologyTestDriver(withParkedKeys(topology), broker, ports, Object.keys(counts))
    await driver.#topics.ensure(async () => [])
    await driver.#start()
    return driver
  }

  private constructor(topology: Topology, broker: EmbeddedBroker, ports: ManualPorts, outputs: readonly string[]) {
    this.#topology = topology
    this.#broker = broker
    this.#ports = ports
    this.#topics = new TopicTable({ applicationId: APPLICATION, topology, admin: broker.admin, ports, outputs })
    this.#fetcher = broker.openFetcher()
    this.#globals = this.#openGlobals()
  }

  /** Milliseconds since the epoch, as processors see them. */
  get now(): number {
    return this.#ports.clock.now()
  }

  /** Writes to the topic. Default serdes: those of the source that reads it. */
  input<K, V>(topic: string, serdes: TestSerdes<K, V>): TestInput<K, V>
  input(topic: string): TestInput<unknown, unknown>
  input(topic: string, serdes = serdesOf(this.#topology, topic)): TestInput<unknown, unknown> {
    return new TestInput({ ...this.#topicOf(topic), serdes, now: () => this.now, processAll: () => this.#processAll() })
  }

  /** Reads the topic from its beginning; internal topics too. Default serdes: those of the source or sink that uses it. */
  output<K, V>(topic: string, serdes: TestSerdes<K, V>): TestOutput<K, V>
  output(topic: string): TestOutput<unknown, unknown>
  output(topic: string, serdes = serdesOf(this.#topology, topic)): TestOutput<unknown, unknown> {
    return new TestOutput({ ...this.#topicOf(topic), serdes })
  }

  /** Advances the clock. A wall-clock punctuator that was due several times fires once, with the new time. */
  async advance(ms: number): Promise<void> {
    if (!isTimestamp(ms)) throw new RangeError(`The clock cannot advance by ${ms} ms: pass a whole number of milliseconds, 0 or greater.`)
    await this.#ports.advance(ms)
    await this.#processAll()
  }

  /** The store of the partition's task, or the global store. Throws `RangeError` if neither exists. */
  store<S extends StateStore = StateStore>(name: string, partition = 0): S {
    const task = this.#tasks.find(({ id, state }) => id.partition === partition && state?.storeNames.includes(name))
    const store = task?.state?.store(name) ?? this.#globals.store(name)
    if (store === undefined)
      throw new RangeError(`No task of partition ${partition} has a store "${name}", and no global store has this name.`)
    return store as S
  }

  /** The number of dropped records by reason code. */
  dropped(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {}
    const drops = [this.#globals.drops, ...this.#tasks.map(({ metrics }) => metrics.drops)]
    for (const counts of drops) for (const [reason, count] of counts) sums[reason] = (sums[reason] ?? 0) + count
    return sums
  }

  /** Records that could not be read or processed. */
  deadLetters(): Promise<readonly DeadLetter[]> {
    return readDeadLetters(this.#broker, APPLICATION)
  }

  /** Closes all tasks and opens them again, like a restart of the process; with `loseState`, on an empty disk. */
  async restart({ loseState = false } = {}): Promise<void> {
    await this.#stop()
    if (loseState) this.#storages = memoryTaskStorages()
    this.#globals = this.#openGlobals()
    await this.#start()
  }

  async close(): Promise<void> {
    await this.#stop()
    await this.#fetcher.close()
    await this.#broker.close()
  }

  #openGlobals(): GlobalStores {
    return new GlobalStores({
      stores: this.#topology.globalStores,
      broker: this.#broker,
      ports: this.#ports,
      errorHandlers: {},
      onFatal: () => undefined,
      onTopicError: () => undefined, // the driver catches up itself, and its calls reject
    })
  }

  async #start(): Promise<void> {
    await this.#globals.catchUp()
    const commits = new GroupCommit({
      applicationId: APPLICATION,
      instanceId: 'driver',
      broker: this.#broker,
      ports: this.#ports,
      guarantee: 'exactly_once',
      identity: { member: () => NO_MEMBER, memberAfter: async () => NO_MEMBER },
    })
    commits.start()
    this.#commits = commits
    this.#tasks = this.#topology.subtopologies.flatMap((subtopology) =>
      Array.from(
        { length: this.#topics.taskCount(subtopology.sourceTopics) },
        (_, partition) =>
          new Task({ subtopology: subtopology.id, partition }, subtopology, {
            applicationId: APPLICATION,
            groupId: APPLICATION,
            broker: this.#broker,
            ports: this.#ports,
            storages: this.#storages,
            openState: openTaskState,
            topics: this.#topics,
            commits,
            cacheBytes: undefined,
            errorHandlers: {},
            transactionsDecided: () => commits.transactionsDecided(),
            globalStore: (name) => this.#globals.store(name),
            onBlocked: () => undefined,
          }),
      ),
    )
    for (const task of this.#tasks) await task.open()
    await this.#processAll()
  }

  async #stop(): Promise<void> {
    for (const task of this.#tasks) await task.close()
    this.#commits?.close()
    await this.#globals.stop()
  }

  /** Processes records until none is left, then throws the first error of a processor, whose dead letter has been written. */
  async #processAll(): Promise<void> {
    if (this.#isProcessing) throw new Error('The test driver is still processing: await each call before the next.')
    this.#isProcessing = true
    try {
      const failures: unknown[] = []
      for (let task = await this.#next(); task !== undefined; task = await this.#next()) await this.#processOne(task, failures)
      if (failures.length > 0) throw failures[0]
    } finally {
      this.#isProcessing = false
    }
  }

  /** Fetches all available records into the tasks' queues. */
  async #fetch(): Promise<void> {
    const queues = this.#tasks.flatMap((task) => task.queues)
    const partitions = (): { topic: string; partition: number; offset: number }[] =>
      queues.map(({ topic, partition, fetchPosition }) => ({ topic, partition, offset: fetchPosition }))
    do {
      for (const fetched of await this.#fetcher.fetch(partitions(), { maxWaitMs: 0 })) {
        for (const queue of queues) if (queue.topic === fetched.topic && queue.partition === fetched.partition) queue.add(fetched)
      }
    } while (queues.some((queue) => queue.expectsMore))
  }

  /** The next task to process, after everything available has been fetched. */
  async #next(): Promise<Task | undefined> {
    await this.#globals.catchUp()
    await this.#fetch()
    const due = this.#tasks.find(({ nextPunctuation }) => nextPunctuation !== undefined && nextPunctuation <= this.now)
    if (due !== undefined) return due
    let next: Task | undefined
    let oldest = Infinity
    for (const task of this.#tasks) {
      const timestamp = task.nextTimestamp
      if (timestamp === undefined || timestamp >= oldest) continue
      next = task
      oldest = timestamp
    }
    return next
  }

  async #processOne(task: Task, failures: unknown[]): Promise<void> {
    try {
      await task.process(1)
      await task.commit()
    } catch (error) {
      if (!(error instanceof StreamsError)) throw error
      await task.open()
      const reason = error.cause ?? error
      // Only a failed record will be skipped from now on. Any other error would occur again, so the loop must not continue.
      if (!(error instanceof RecordError || error instanceof TaskMigratedError)) throw reason
      failures.push(reason)
    }
  }

  #topicOf(name: string): { broker: Broker; topic: string; partitions: number } {
    const topic = this.#topics.nameOf(name)
    const partitions = this.#topics.partitions(topic)
    if (partitions === undefined) throw new RangeError(`Topic "${topic}" does not exist: name it in the option \`topics\`.`)
    return { broker: this.#broker, topic, partitions }
  }
}

/** The external topics that the topology reads or writes by name. */
function namedTopics({ subtopologies, globalStores, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sinks = subtopologies.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'sink' ? [node.topic] : [])))
  const names = [...subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...globalStores.map(({ topic }) => topic), ...sinks]
  return [...new Set(names.filter((name) => typeof name === 'string'))].filter((name) => !internal.has(name))
}
