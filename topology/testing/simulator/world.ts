import { MemoryStorage } from '../../../state/index.ts'
import { BrokerError, createRecordBatchBuilder, EmbeddedBroker, faultyBroker, noFaults } from '../../broker/index.ts'
import type { Broker, FaultProfile } from '../../broker/index.ts'
import type { LogFields, Logger, Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import { Streams, type PartitionLag } from '../../runtime/index.ts'
import { partitionLags } from '../../runtime/instance/index.ts'
import { TopicTable } from '../../topics/index.ts'
import { withParkedKeys } from '../../runtime/dead-letters/index.ts'
import { taskName } from '../../runtime/task-id.ts'
import { silentLogger } from '../silent-logger.ts'
import type { Mutation } from './mutations.ts'
import { PowerSwitch } from './power-switch.ts'
import { readLogs } from './scenario.ts'
import type { GrowingTopic, Scenario, Stimulus } from './scenario.ts'
import type { SeededRandom } from './seeded-random.ts'
import { troubledState } from './troubled-state.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import type { DiskFaults } from './simulated-disk.ts'
import type { VirtualTime } from './virtual-time.ts'

const SESSION_MS = 600
/** Less often than in production, to run more seeds per second. */
const HEARTBEAT_MS = 200
const SLOTS = 3
/** Of the reads and writes of stores, what share fails. */
const STATE_TROUBLE = 0.01
const INITIAL_REBALANCE_DELAY_MS = 40
const METADATA_MAX_AGE_MS = 3_000
const DISK_FAULTS: DiskFaults = { lastWriteSurvives: 0.5, lostWrite: 0.4 }

const FAULTS = ['crash', 'crash', 'crash', 'stop', 'cut', 'freeze', 'start', 'broker'] as const

/** A machine on which an instance is started, crashes and is started again. Its disks survive. */
interface Slot {
  readonly name: string
  readonly profile: FaultProfile
  readonly disks: Map<string, SimulatedDisk>
  running: { readonly streams: Streams; readonly power: PowerSwitch } | undefined
  wasStarted: boolean
}

/** One broker, some instances of the application, a client, and their faults. The seed determines everything. */
export class World {
  readonly #scenario: Scenario
  readonly #mutation: Mutation
  readonly #random: SeededRandom
  readonly #time: VirtualTime
  readonly #ports: Ports
  readonly #brokerStorage = new MemoryStorage()
  readonly #slots: readonly Slot[]
  readonly #clientProfile = noFaults()
  /** Standbys per task; 0 in most worlds. */
  readonly #standbys: number
  #broker: EmbeddedBroker | undefined
  /** Records on their way to new partitions. */
  readonly #sendingToNew: Promise<void>[] = []
  #isHealed = false
  /** Stores that were ahead of their changelogs, which no disk fault can cause. */
  readonly #storesAhead: string[] = []

  constructor(scenario: Scenario, mutation: Mutation, random: SeededRandom, time: VirtualTime, logger: Logger = silentLogger) {
    this.#scenario = scenario
    this.#mutation = mutation
    this.#random = random
    this.#time = time
    this.#ports = {
      clock: time,
      timers: time,
      random,
      logger: { ...logger, warn: (message, fields) => this.#onWarning(logger, message, fields) },
    }
    this.#standbys = random.pick([0, 0, 0, 1])
    this.#slots = Array.from({ length: SLOTS }, (_, index) => ({
      name: `i${index}`,
      profile: noFaults(),
      disks: new Map(),
      running: undefined,
      wasStarted: false,
    }))
  }

  async open(): Promise<void> {
    await this.#openBroker()
    await this.#target().admin.createTopics(this.#scenario.topics)
    for (const profile of this.#profiles())
      Object.assign(profile, { enabled: true, delay: 0.25, maxDelayMs: 12, lostRequest: 0.02, lostAnswer: 0.03, lateCommit: 0.03 })
    for (const slot of this.#slots.slice(0, this.#random.integer(1, 2))) this.#start(slot)
  }

  /** Runs the client while faults occur. Resolves when every record has been acknowledged. */
  async run(): Promise<void> {
    let sending = true
    const sent = this.#send(this.#scenario.stimuli(this.#random)).finally(() => (sending = false))
    for (let faults = this.#random.integer(1, 2); faults > 0 || sending; faults--) {
      await this.#time.sleep(this.#random.integer(10, 200))
      if (faults > 0) await this.#injectFault()
    }
    await sent
    await Promise.all(this.#sendingToNew)
  }

  /** Ends all faults: every connection works, and every instance that was ever started runs. */
  heal(): void {
    this.#isHealed = true
    for (const profile of this.#profiles()) Object.assign(profile, noFaults())
    for (const slot of this.#slots)
      if (slot.wasStarted && (slot.running === undefined || slot.running.streams.state === 'failed')) this.#restart(slot)
  }

  /** Every input record has been processed or is a dead letter, no task waits or is stalled, and the scenario has all its results. */
  async isAtRest(): Promise<boolean> {
    if (!this.#scenario.isAtRest(await readLogs(this.#target(), this.#scenario.topics))) return false
    return (await this.#unprocessed()).length === 0 && this.#problems().length === 0
  }

  async violations(): Promise<readonly string[]> {
    const unprocessed = (await this.#unprocessed()).map(
      ({ lag, task, topic, partition }) => `task ${task} left ${lag} in ${topic}-${partition}`,
    )
    const found = this.#scenario.violations(await readLogs(this.#target(), this.#scenario.topics))
    return [...found, ...unprocessed, ...this.#problems(), ...this.#storesAhead]
  }

  /** Cuts off all instances and the broker, so that nothing of this world continues. */
  end(): void {
    for (const slot of this.#slots) slot.running?.power.cut()
    this.#broker?.crash()
  }

  /** As the broker sees it: what the instances say of themselves proves nothing. */
  async #unprocessed(): Promise<readonly PartitionLag[]> {
    const { applicationId, topology } = this.#scenario
    const broker = this.#target()
    const { subtopologies } = withParkedKeys(topology)
    const topics = new TopicTable({ applicationId, topology, admin: broker.admin, ports: { clock: this.#time, logger: silentLogger } })
    await topics.find()
    const lags = await partitionLags({ groupId: applicationId, broker, subtopologies, topics, owners: [] })
    return lags.filter(({ lag }) => lag > 0)
  }

  #problems(): readonly string[] {
    return this.#slots.flatMap(({ name, running }) => (running?.streams.health().problems ?? []).map((problem) => `${name}: ${problem}`))
  }

  async #injectFault(): Promise<void> {
    const running = this.#slots.filter((slot) => slot.running !== undefined)
    const slot = this.#random.pick(running.length > 0 ? running : this.#slots)
    const { growing } = this.#scenario
    switch (this.#random.pick(growing === undefined ? FAULTS : [...FAULTS, 'grow' as const])) {
      case 'crash':
        return this.#crash(slot)
      case 'stop':
        return this.#stop(slot)
      case 'cut':
        slot.profile.partitioned = true
        this.#time.setTimeout(() => (slot.profile.partitioned = false), this.#random.integer(50, 2 * SESSION_MS))
        return
      case 'freeze':
        slot.profile.freezeMs = this.#random.integer(SESSION_MS, 2 * SESSION_MS)
        if (running.length === 1) this.#startAnother() // a freeze tests nothing unless another instance takes over
        return
      case 'start':
        return this.#startAnother()
      case 'broker':
        this.#broker?.crash()
        return this.#openBroker()
      case 'grow':
        if (growing !== undefined) await this.#grow(growing)
        return
    }
  }

  async #grow(growing: GrowingTopic): Promise<void> {
    const { admin } = this.#target()
    const [{ partitions } = { partitions: 0 }] = await admin.describeTopics([growing.topic])
    await admin.createPartitions(growing.topic, partitions + 1)
    this.#sendingToNew.push(this.#send([growing.stimulus(partitions)]))
  }

  #onWarning(logger: Logger, message: string, fields: LogFields | undefined): void {
    logger.warn(message, fields)
    if (fields?.code === 'state-wiped' && fields.reason === 'ahead-of-changelog') {
      this.#storesAhead.push(`a store was ahead of its changelog: ${String(fields.detail)}`)
    }
  }

  #crash(slot: Slot): void {
    slot.running?.power.cut()
    slot.running = undefined
    for (const disk of slot.disks.values()) disk.crash(DISK_FAULTS, this.#mutation.lostWrite)
    this.#time.setTimeout(() => slot.running === undefined && this.#start(slot), this.#random.integer(10, 400))
  }

  #stop(slot: Slot): void {
    const { running } = slot
    if (running === undefined) return
    void running.streams.stop().then(
      () => {
        if (slot.running !== running) return
        slot.running = undefined
        if (this.#isHealed) this.#start(slot)
      },
      () => undefined,
    )
  }

  #startAnother(): void {
    const empty = this.#slots.filter(({ running }) => running === undefined)
    if (empty.length > 0) this.#start(this.#random.pick(empty))
  }

  #restart(slot: Slot): void {
    slot.running?.power.cut()
    this.#start(slot)
  }

  #start(slot: Slot): void {
    const power = new PowerSwitch()
    const ports = power.ports(this.#ports)
    const broker = faultyBroker({ target: () => this.#target(), profile: slot.profile, random: this.#random, timers: this.#time })
    const diskOf = (task: TaskId): SimulatedDisk => {
      const name = taskName(task)
      const disk = slot.disks.get(name) ?? new SimulatedDisk(this.#random)
      slot.disks.set(name, disk)
      return disk
    }
    const streams = new Streams({
      topology: this.#scenario.topology,
      applicationId: this.#scenario.applicationId,
      instanceId: slot.name,
      broker: this.#mutation.broker(power.broker(broker)),
      ports,
      storages: {
        open: async (task) => power.storage(await diskOf(task).open(ports.timers)),
        destroy: async (task) => diskOf(task).wipe(),
      },
      openState: troubledState(this.#mutation.openState, () => !this.#isHealed && this.#random.chance(STATE_TROUBLE), this.#random),
      sessionTimeoutMs: SESSION_MS,
      heartbeatIntervalMs: HEARTBEAT_MS,
      standbys: this.#standbys,
      metadataMaxAgeMs: METADATA_MAX_AGE_MS,
    })
    slot.running = { streams, power }
    slot.wasStarted = true
    streams.start().catch(() => {
      if (slot.running?.streams === streams) this.#time.setTimeout(() => slot.running?.streams === streams && this.#restart(slot), 100)
    })
  }

  async #send(stimuli: readonly Stimulus[]): Promise<void> {
    const broker = faultyBroker({ target: () => this.#target(), profile: this.#clientProfile, random: this.#random, timers: this.#time })
    for (const stimulus of stimuli) {
      await this.#time.sleep(this.#random.integer(0, 80))
      while (!(await this.#trySend(broker, stimulus))) await this.#time.sleep(20)
    }
  }

  async #trySend(broker: Broker, { topic, partition, key, value }: Stimulus): Promise<boolean> {
    try {
      const producer = await broker.openProducer({})
      const batch = createRecordBatchBuilder()
      batch.append(key, value, this.#time.now())
      await producer.send(topic, partition, batch)
      await producer.commit()
      return true
    } catch (error) {
      if (error instanceof BrokerError) return false
      throw error
    }
  }

  async #openBroker(): Promise<void> {
    this.#broker = await EmbeddedBroker.open({
      storage: this.#brokerStorage,
      ports: this.#ports,
      initialRebalanceDelayMs: this.#random.pick([0, INITIAL_REBALANCE_DELAY_MS]),
    })
  }

  #target(): EmbeddedBroker {
    if (this.#broker === undefined) throw new Error('The simulated world has no broker yet: call open() first.')
    return this.#broker
  }

  #profiles(): readonly FaultProfile[] {
    return [this.#clientProfile, ...this.#slots.map(({ profile }) => profile)]
  }
}
