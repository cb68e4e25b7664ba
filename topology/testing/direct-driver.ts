/**
 * Runs a topology in one thread of control without a broker: one partition, all sub-topologies as one task over one
 * `TaskState`, a queue per internal topic (the one whose head has the lowest timestamp goes first), a commit after each record.
 * For tests of operators and for replaying recorded behaviour; what a real task does beyond that is the test driver's business.
 */
import { MemoryStorage, openTaskState } from '../../state/index.ts'
import type { StateStore, TaskState } from '../../state/index.ts'
import type { ProcessorNode, Topology, TopologyNode } from '../graph/index.ts'
import type { Cancellable, Processor, ProcessorContext, PunctuationOptions, Punctuator, Record } from '../processor.ts'

type AnyRecord = Record<unknown, unknown>

interface Punctuation extends PunctuationOptions {
  readonly punctuate: Punctuator
  next: number
  cancelled: boolean
}

export class DirectDriver {
  private readonly topology: Topology
  private readonly state: TaskState
  private readonly nodes: ReadonlyMap<string, TopologyNode>
  private readonly processors = new Map<string, Processor<never, never, unknown, unknown>>()
  private readonly internalTopics: ReadonlySet<string>
  private readonly queues = new Map<string, AnyRecord[]>()
  private readonly outputs = new Map<string, AnyRecord[]>()
  private readonly punctuations: Punctuation[] = []
  private readonly drops = new Map<string, number>()
  private unsettled: Promise<void>[] = []
  private streamTime = -1
  private wallClock = 0

  static async open(topology: Topology): Promise<DirectDriver> {
    const stores = [
      ...topology.subtopologies.flatMap((subtopology) => subtopology.stores),
      ...topology.globalStores.map(({ store }) => store),
    ]
    const driver = new DirectDriver(topology, await openTaskState({ storage: new MemoryStorage(), stores }))
    await driver.initialize()
    return driver
  }

  private constructor(topology: Topology, state: TaskState) {
    this.topology = topology
    this.state = state
    this.nodes = new Map(topology.subtopologies.flatMap(({ nodes }) => nodes.map((node) => [node.name, node])))
    this.internalTopics = new Set(topology.internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => name))
  }

  /** Resolves when the record, and all that follows from it, has been worked off. */
  async pipe(topic: string, key: unknown, value: unknown, timestamp: number): Promise<void> {
    const record: AnyRecord = { key, value, timestamp, headers: undefined }
    for (const { store, topic: source } of this.topology.globalStores) {
      const rows = source === topic && key !== null ? this.state.store(store.name) : undefined
      if (rows?.kind === 'keyValue') rows.put(key, value, timestamp)
    }
    await this.process(topic, record)
    await this.workOffQueues()
  }

  async advanceWallClock(ms: number): Promise<void> {
    this.wallClock += ms
    await this.firePunctuations('wall', this.wallClock)
    await this.commit()
    await this.workOffQueues()
  }

  /** What was written to the topic since the last call. */
  takeOutput(topic: string): readonly AnyRecord[] {
    const rows = this.outputs.get(topic) ?? []
    this.outputs.delete(topic)
    return rows
  }

  store(name: string): StateStore {
    return this.state.store(name)
  }

  /** How many records were left out, by reason. */
  dropped(): Readonly<{ [reason: string]: number }> {
    return Object.fromEntries(this.drops)
  }

  async close(): Promise<void> {
    await this.state.close()
  }

  private async initialize(): Promise<void> {
    for (const node of this.nodes.values()) {
      if (node.kind !== 'processor') continue
      const processor = node.supplier()
      this.processors.set(node.name, processor)
      await processor.init?.(this.contextOf(node))
    }
    await this.commit()
  }

  private async process(topic: string, record: AnyRecord): Promise<void> {
    this.streamTime = Math.max(this.streamTime, record.timestamp)
    for (const node of this.nodes.values()) {
      if (node.kind === 'source' && node.topics.includes(topic)) for (const child of node.children) this.deliver(child, record)
    }
    await this.settle()
    await this.firePunctuations('stream', this.streamTime)
    await this.commit()
  }

  private async workOffQueues(): Promise<void> {
    for (;;) {
      const waiting = [...this.queues].flatMap(([topic, [head]]) => (head === undefined ? [] : [{ topic, head }]))
      const [first, ...others] = waiting
      if (first === undefined) return
      const { topic, head } = others.reduce((oldest, other) => (other.head.timestamp < oldest.head.timestamp ? other : oldest), first)
      this.queues.get(topic)?.shift()
      await this.process(topic, head)
    }
  }

  private deliver(name: string, record: AnyRecord): void {
    const node = this.nodes.get(name)
    if (node?.kind === 'sink') {
      const topic = typeof node.topic === 'string' ? node.topic : node.topic(record)
      const target = this.internalTopics.has(topic) ? this.queues : this.outputs
      target.set(topic, [...(target.get(topic) ?? []), record])
      return
    }
    const running = this.processors.get(name)?.process(record as Record<never, never>)
    if (running instanceof Promise) this.unsettled.push(running)
  }

  private async settle(): Promise<void> {
    while (this.unsettled.length > 0) await Promise.all(this.unsettled.splice(0))
  }

  private async firePunctuations(clock: 'stream' | 'wall', time: number): Promise<void> {
    const isDue = (punctuation: Punctuation) => punctuation.clock === clock && !punctuation.cancelled && punctuation.next <= time
    for (const punctuation of this.punctuations.filter(isDue)) {
      await punctuation.punctuate(time)
      await this.settle()
      const missed = Math.floor((time - punctuation.next) / punctuation.intervalMs)
      punctuation.next += (missed + 1) * punctuation.intervalMs
    }
  }

  private async commit(): Promise<void> {
    this.state.collectChanges({ change: () => undefined })
    await this.state.commit(new Map())
  }

  private contextOf(node: ProcessorNode): ProcessorContext<unknown, unknown> {
    const now = { streamTime: () => this.streamTime, wallClock: () => this.wallClock }
    return {
      taskId: { subtopology: 0, partition: 0 },
      applicationId: 'test',
      recordMetadata: undefined,
      get streamTime() {
        return now.streamTime()
      },
      get systemTime() {
        return now.wallClock()
      },
      forward: (record, child) => {
        for (const name of child === undefined ? node.children : [child]) this.deliver(name, record)
      },
      store: <S extends StateStore>(name: string) => {
        if (!node.stores.includes(name)) throw new RangeError(`${node.name} is not connected to a store "${name}"`)
        return this.state.store(name) as S
      },
      schedule: (options, punctuate): Cancellable => {
        const start = options.startMs ?? (options.clock === 'wall' ? this.wallClock + options.intervalMs : 0)
        const punctuation: Punctuation = { ...options, punctuate, next: start, cancelled: false }
        this.punctuations.push(punctuation)
        return {
          cancel: () => {
            punctuation.cancelled = true
          },
        }
      },
      drop: (reason) => {
        this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1)
      },
    }
  }
}
