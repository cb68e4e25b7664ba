import { invalidTimestamp, isTimestamp, type StateStore } from '../../../state/index.ts'
import type { ProcessorNode } from '../../graph/index.ts'
import type { Cancellable, ProcessorContext, PunctuationOptions, Punctuator, RecordMetadata, TaskId } from '../../processor.ts'
import { rememberOrigin, type ErrorOrigin } from './error-origin.ts'
import type { AnyRecord, GraphEnvironment, GraphProgress, Receiver } from './graph-environment.ts'

/** The context of one node's processor. Its methods are bound, so that a processor can destructure it. */
export class NodeContext implements ProcessorContext<unknown, unknown> {
  readonly taskId: TaskId
  readonly applicationId: string
  readonly #node: ProcessorNode
  readonly #children: readonly Receiver[]
  readonly #environment: GraphEnvironment
  readonly #graph: GraphProgress

  constructor(node: ProcessorNode, children: readonly Receiver[], environment: GraphEnvironment, graph: GraphProgress) {
    this.taskId = environment.taskId
    this.applicationId = environment.applicationId
    this.#node = node
    this.#children = children
    this.#environment = environment
    this.#graph = graph
  }

  get recordMetadata(): RecordMetadata | undefined {
    const { metadata } = this.#graph
    if (metadata === undefined) return undefined
    const { topic, partition, offset } = metadata
    return { topic, partition, offset }
  }

  get streamTime(): number {
    return this.#graph.streamTime
  }

  get systemTime(): number {
    return this.#environment.wallClock()
  }

  forward = (record: AnyRecord, child?: string): void => {
    if (!isTimestamp(record.timestamp)) throw this.#notForwardable(record)
    const forwarded = record.key === undefined || record.value === undefined ? withNulls(record) : record
    if (child !== undefined) return this.#child(child).deliver(forwarded)
    for (const receiver of this.#children) receiver.deliver(forwarded)
  }

  store = <S extends StateStore>(name: string): S => {
    if (!this.#node.stores.includes(name)) throw new RangeError(`Processor "${this.#node.name}" is not connected to a store "${name}"`)
    return this.#environment.store(name) as S
  }

  schedule = (options: PunctuationOptions, punctuate: Punctuator): Cancellable =>
    this.#graph.punctuations.schedule(options, this.#attributed(punctuate), this.#environment.wallClock())

  drop = (reason: string): void => this.#environment.drop(reason)

  #child(name: string): Receiver {
    const receiver = this.#children[this.#node.children.indexOf(name)]
    if (receiver === undefined) throw new RangeError(`Processor "${this.#node.name}" has no child "${name}" to forward to`)
    return receiver
  }

  #notForwardable({ timestamp }: AnyRecord): Error {
    return invalidTimestamp(timestamp, `A record that processor "${this.#node.name}" forwards`)
  }

  #attributed(punctuate: Punctuator): Punctuator {
    const origin: ErrorOrigin = { operator: this.#node.name, stage: 'process' }
    return async (timestamp) => {
      try {
        await punctuate(timestamp)
      } catch (error) {
        rememberOrigin(error, origin)
        throw error
      }
    }
  }
}

/** Undefined counts as null, so that operators and sinks know one absence only. */
function withNulls({ key, value, timestamp, headers }: AnyRecord): AnyRecord {
  return { key: key ?? null, value: value ?? null, timestamp, headers }
}
