import { StateError } from '../../../state/index.ts'
import { asRetriable, messageOf, StreamsError, TaskFailedError } from '../../errors.ts'
import type { ProcessorNode, SourceNode, Subtopology } from '../../graph/index.ts'
import type { Processor, ProcessorContext, Record, RecordMetadata } from '../../processor.ts'
import type { AnyRecord, GraphEnvironment, GraphProgress, Receiver } from './graph-environment.ts'
import { NodeContext } from './node-context.ts'
import { Punctuations } from './punctuations.ts'

/**
 * The nodes of a sub-topology in one task. Forwarding is a direct call from parent to child. A node whose processor returned a promise queues its
 * records until that has resolved; `idle` waits for all nodes.
 */
export class RunningGraph implements GraphProgress {
  readonly #environment: GraphEnvironment
  readonly #receivers = new Map<string, Receiver>()
  readonly #sources = new Map<string, { readonly node: SourceNode; readonly children: readonly Receiver[] }>()
  readonly #starts: (() => void | Promise<void>)[] = []
  readonly #processors: Processor<never, never, unknown, unknown>[] = []
  readonly #punctuations = new Punctuations()
  #busyCount = 0
  #failure: { readonly error: unknown } | undefined
  #idleWaiters: (() => void)[] = []
  #streamTime: number
  #metadata: RecordMetadata | undefined

  constructor(subtopology: Subtopology, environment: GraphEnvironment, streamTime: number) {
    this.#environment = environment
    this.#streamTime = streamTime
    for (const node of subtopology.nodes.toReversed()) {
      if (node.kind === 'sink') this.#receivers.set(node.name, { deliver: environment.sink(node) })
      else if (node.kind === 'processor') this.#receivers.set(node.name, this.#addProcessor(node))
      else
        for (const topic of node.topics) this.#sources.set(environment.topicOf(topic), { node, children: this.#childrenOf(node.children) })
    }
  }

  get streamTime(): number {
    return this.#streamTime
  }

  /** Of the record under way. */
  get metadata(): RecordMetadata | undefined {
    return this.#metadata
  }

  get punctuations(): Punctuations {
    return this.#punctuations
  }

  async init(): Promise<void> {
    for (const start of this.#starts) {
      const starting = start()
      if (starting !== undefined) await starting
    }
    await this.idle()
  }

  /** A promise only where a processor returned one or a punctuator is due. `metadata` is reused for the next record. */
  process(topic: string, record: AnyRecord, metadata: RecordMetadata): void | Promise<void> {
    const source = this.#sources.get(topic)
    if (source === undefined) throw new RangeError(`No source reads topic "${topic}"`)
    if (record.timestamp > this.#streamTime) this.#streamTime = record.timestamp
    this.#metadata = metadata
    try {
      for (const child of source.children) child.deliver(record)
    } catch (error) {
      if (this.#busyCount === 0) throw error
      this.#failure ??= { error }
    }
    const due = this.#punctuations.nextTime('stream')
    if (this.#busyCount > 0 || this.#failure !== undefined || (due !== undefined && due <= this.#streamTime)) return this.#finish()
  }

  async punctuateWallClock(): Promise<void> {
    this.#metadata = undefined
    await this.#punctuate('wall', this.#environment.wallClock())
  }

  /** Resolves when no processor is busy; rejects with the first error of one. */
  async idle(): Promise<void> {
    while (this.#busyCount > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
  }

  close(): void {
    for (const processor of this.#processors) processor.close?.()
  }

  async #finish(): Promise<void> {
    await this.idle()
    this.#metadata = undefined
    await this.#punctuate('stream', this.#streamTime)
  }

  /** No record fails because a punctuator throws. */
  async #punctuate(clock: 'stream' | 'wall', time: number): Promise<void> {
    try {
      await this.#punctuations.fire(clock, time)
      await this.idle()
    } catch (error) {
      if (error instanceof StreamsError || error instanceof StateError) throw error
      throw asRetriable(error) ?? new TaskFailedError(`A punctuator threw: ${messageOf(error)}`, { cause: error })
    }
  }

  #addProcessor(node: ProcessorNode): Receiver {
    const context = this.#contextOf(node)
    const processor = node.supplier(context)
    this.#processors.push(processor)
    this.#starts.unshift(() => processor.init?.(context))
    const waiting: AnyRecord[] = []
    let isBusy = false
    const deliver = (record: AnyRecord): void => {
      if (isBusy) {
        waiting.push(record)
        return
      }
      const running = processor.process(record as Record<never, never>)
      if (running instanceof Promise) {
        isBusy = true
        void this.#hold(running, () => {
          isBusy = false
          while (!isBusy) {
            const next = waiting.shift()
            if (next === undefined) return
            deliver(next)
          }
        })
      }
    }
    return { deliver }
  }

  async #hold(running: Promise<void>, whenDone: () => void): Promise<void> {
    this.#busyCount++
    try {
      await running
      whenDone()
    } catch (error) {
      this.#failure ??= { error }
    }
    if (--this.#busyCount > 0) return
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const resolve of waiters) resolve()
  }

  #childrenOf(names: readonly string[]): readonly Receiver[] {
    return names.map((name) => {
      const receiver = this.#receivers.get(name)
      if (receiver === undefined) throw new RangeError(`Node "${name}" comes before its parent in the sub-topology`)
      return receiver
    })
  }

  #contextOf(node: ProcessorNode): ProcessorContext<unknown, unknown> {
    return new NodeContext(node, this.#childrenOf(node.children), this.#environment, this)
  }
}
