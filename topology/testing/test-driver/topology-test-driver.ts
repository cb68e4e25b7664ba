import { openTaskState, type StateStore } from '../../../state/index.ts'
import type { Broker, EmbeddedBroker, Fetcher, GroupMember } from '../../broker/index.ts'
import { manualPorts, type ManualPorts } from '../manual-ports.ts'
import type { Topology } from '../../graph/index.ts'
import { type DeadLetter, readDeadLetters, withParkedKeys } from '../../runtime/dead-letters/index.ts'
import { RecordError, StreamsError, TaskMigratedError } from '../../errors.ts'
import { GlobalStores, memoryTaskStorages } from '../../runtime/state/index.ts'
import { GroupCommit } from '../../runtime/commit/index.ts'
import { Task } from '../../runtime/task/index.ts'
import { TopicTable } from '../../topics/topic-table.ts'
import { memoryBroker } from '../memory-broker.ts'
import { TestInput } from './test-input.ts'
import { TestOutput } from './test-output.ts'
import { serdesOf, type TestSerdes } from './test-serdes.ts'

export interface TestDriverOptions {
  /** Of every topic that is not internal. Default 1. */
  readonly partitions?: number
  /** Further topics, and topics with a number of partitions of their own. Name here what a sink chooses by the record. */
  readonly topics?: Readonly<Record<string, number>>
  /** Where the clock stands at first, milliseconds since the epoch. Default 0. */
  readonly startTime?: number
}

const APPLICATION = 'test'

/** The driver is in no group. */
const OUTSIDER: GroupMember = { groupId: APPLICATION, memberId: '', generation: -1 }

/**
 * Runs a topology in a test, for users of the engine and for the engine itself: the tasks, stores, transactions and topics are
 * those of production, over the embedded broker in memory; only time stands still until `advance`, and nothing runs beside the
 * test. One record is worked on at a time, of all tasks the one with the lowest timestamp (of equal ones the first sub-topology's,
 * then the first partition's), and committed before the next. Await each call before the next.
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
  #isWorking = false

  /** Throws `FatalStreamsError` for a topology that could not be started either. */
  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    const { partitions = 1, topics = {}, startTime = 0 } = options
    const ports = manualPorts(startTime)
    const broker = await memoryBroker(ports)
    const counts = { ...Object.fromEntries(namedTopics(topology).map((name) => [name, partitions])), ...topics }
    const config = { 'retention.ms': '-1' }
    await broker.admin.createTopics(Object.entries(counts).map(([name, count]) => ({ name, partitions: count, config })))
    const driver = new TopologyTestDriver(withParkedKeys(topology), broker, ports)
    await driver.#topics.ensure()
    await driver.#start()
    return driver
  }

  private constructor(topology: Topology, broker: EmbeddedBroker, ports: ManualPorts) {
    this.#topology = topology
    this.#broker = broker
    this.#ports = ports
    this.#topics = new TopicTable(APPLICATION, topology, broker.admin)
    this.#fetcher = broker.openFetcher()
    this.#globals = new GlobalStores(topology.globalStores, broker, ports)
  }

  /** Milliseconds since the epoch, as processors see them. */
  get now(): number {
    return this.#ports.clock.now()
  }

  /** A way to write to the topic. Without serdes: those of the source that reads it. */
  input<K, V>(topic: string, serdes: TestSerdes<K, V>): TestInput<K, V>
  input(topic: string): TestInput<unknown, unknown>
  input(topic: string, serdes = serdesOf(this.#topology, topic)): TestInput<unknown, unknown> {
    return new TestInput({ ...this.#topicOf(topic), serdes, now: () => this.now, settle: () => this.#settle() })
  }

  /** A way to read the topic from its beginning. Without serdes: those of the sink that writes it; any topic, also an internal one. */
  output<K, V>(topic: string, serdes: TestSerdes<K, V>): TestOutput<K, V>
  output(topic: string): TestOutput<unknown, unknown>
  output(topic: string, serdes = serdesOf(this.#topology, topic)): TestOutput<unknown, unknown> {
    return new TestOutput({ ...this.#topicOf(topic), serdes })
  }

  /** Lets time pass at once. What was due several times fires once, with the time that it is then. */
  async advance(ms: number): Promise<void> {
    await this.#ports.advance(ms)
    await this.#settle()
  }

  /** The store of the task of that partition, or the global store. Throws `RangeError`. */
  store<S extends StateStore = StateStore>(name: string, partition = 0): S {
    const task = this.#tasks.find(({ id, state }) => id.partition === partition && state?.storeNames.includes(name))
    const store = task?.state?.store(name) ?? this.#globals.store(name)
    if (store === undefined) throw new RangeError(`No task of partition ${partition} has a store "${name}".`)
    return store as S
  }

  /** How many records were left out, by reason. */
  dropped(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const { metrics } of this.#tasks) for (const [reason, count] of metrics.drops) sums[reason] = (sums[reason] ?? 0) + count
    return sums
  }

  /** Records that could not be read or processed. */
  deadLetters(): Promise<readonly DeadLetter[]> {
    return readDeadLetters(this.#broker, APPLICATION)
  }

  /** Closes all tasks and opens them again, as a new start of the program does; with `loseState` on a machine with an empty disk. */
  async restart({ loseState = false } = {}): Promise<void> {
    await this.#stop()
    if (loseState) this.#storages = memoryTaskStorages()
    this.#globals = new GlobalStores(this.#topology.globalStores, this.#broker, this.#ports)
    await this.#start()
  }

  async close(): Promise<void> {
    await this.#stop()
    await this.#fetcher.close()
    await this.#broker.close()
  }

  async #start(): Promise<void> {
    await this.#globals.catchUp()
    const commits = new GroupCommit({
      applicationId: APPLICATION,
      instanceId: 'driver',
      broker: this.#broker,
      ports: this.#ports,
      guarantee: 'exactly_once',
      identity: { member: () => OUTSIDER, memberAfter: async () => OUTSIDER },
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
          }),
      ),
    )
    for (const task of this.#tasks) await task.open()
    await this.#settle()
  }

  async #stop(): Promise<void> {
    for (const task of this.#tasks) await task.close()
    this.#commits?.close()
    await this.#globals.stop()
  }

  /** Works until nothing is left. What a record's processing threw is thrown at the end, when its dead letter has been written. */
  async #settle(): Promise<void> {
    if (this.#isWorking) throw new Error('The driver is still at work: await each call before the next.')
    this.#isWorking = true
    try {
      const failures: unknown[] = []
      for (let task = await this.#next(); task !== undefined; task = await this.#next()) await this.#turn(task, failures)
      if (failures.length > 0) throw failures[0]
    } finally {
      this.#isWorking = false
    }
  }

  /** Hands every queue all that is there for it. */
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

  /** Whose turn it is, with all in hand that there is. */
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

  async #turn(task: Task, failures: unknown[]): Promise<void> {
    try {
      await task.process(1)
      await task.commit()
    } catch (error) {
      if (!(error instanceof StreamsError)) throw error
      await task.open()
      const reason = error.cause ?? error
      // Only a record that failed is known to be left out now; anything else would come again.
      if (!(error instanceof RecordError || error instanceof TaskMigratedError)) throw reason
      failures.push(reason)
    }
  }

  #topicOf(name: string): { broker: Broker; topic: string; partitions: number } {
    const topic = this.#topics.nameOf(name)
    const partitions = this.#topics.partitions(topic)
    if (partitions === undefined) throw new RangeError(`There is no topic "${topic}": name it in the option \`topics\`.`)
    return { broker: this.#broker, topic, partitions }
  }
}

/** The topics that the topology reads and writes by name and that are not its own. */
function namedTopics({ subtopologies, globalStores, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sinks = subtopologies.flatMap(({ nodes }) => nodes.flatMap((node) => (node.kind === 'sink' ? [node.topic] : [])))
  const names = [...subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...globalStores.map(({ topic }) => topic), ...sinks]
  return [...new Set(names.filter((name) => typeof name === 'string'))].filter((name) => !internal.has(name))
}
