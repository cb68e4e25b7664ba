import type { BankCommand, CommandFormat } from '../../processors/index.ts'
import type { Outcome } from '../../schemas/index.ts'
import { partitionOf } from '../../topology/index.ts'
import type { Broker, Ports, TimerHandle } from '../../topology/index.ts'
import { RecordSender } from '../record-sender.ts'
import { TopicTail } from '../topic-tail.ts'
import { RecentLatency } from './recent-latency.ts'

export interface CommandBusOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly format: CommandFormat
  /** A caller gets `pending` when no outcome arrived within this time. Default 5,000 ms. */
  readonly timeoutMs?: number
  /** The bank refuses a command as expired when it reads it this long after it was sent. Default 30,000 ms. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 30_000

/** A command without the fields that the bus adds; `expectedVersion` is optional. */
export type NewCommand = BankCommand extends infer C ? (C extends BankCommand ? Omit<C, AddedByBus> & ExpectedVersion : never) : never
type AddedByBus = 'deadline' | 'replyTo' | 'expectedVersion'
type ExpectedVersion = { readonly expectedVersion?: number }

/** `pending`: no outcome arrived in time. The command has not failed and may still be carried out. */
export type CommandAnswer = Outcome | { readonly type: 'pending' }

/** Counts since the bus was opened; latencies of the last 10 to 20 seconds, undefined when no outcome arrived in that time. */
export interface CommandMetrics {
  readonly sent: number
  readonly succeeded: number
  readonly failed: number
  readonly pending: number
  /** From command to outcome. */
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

/**
 * Sends commands and waits for their outcomes. Each process has its own reply address and follows the one partition of the outcomes
 * topic that this address hashes to. A command sent again under the same id gets the same outcome (DECISIONS 21).
 */
export class CommandBus {
  readonly #options: CommandBusOptions
  readonly #replyTo: string
  readonly #replyKey: Buffer
  readonly #sender: RecordSender
  readonly #waiting = new Map<string, Waiter[]>()
  readonly #latency: RecentLatency
  readonly #counts = { sent: 0, succeeded: 0, failed: 0, pending: 0 }
  #tail: TopicTail | undefined

  private constructor(options: CommandBusOptions) {
    this.#options = options
    this.#replyTo = `api-${options.ports.random.uuid()}`
    this.#replyKey = Buffer.from(this.#replyTo)
    this.#sender = new RecordSender(options.broker, options.ports)
    this.#latency = new RecentLatency(options.ports.clock)
  }

  /** Resolves once the outcomes partition is followed, so that no outcome of a command sent later is missed. */
  static async open(options: CommandBusOptions): Promise<CommandBus> {
    const bus = new CommandBus(options)
    const { broker, ports, format } = options
    const [outcomes] = await broker.admin.describeTopics([format.outcomesTopic], { withoutConfig: true })
    const partition = partitionOf(bus.#replyKey, outcomes?.partitions ?? 1)
    bus.#tail = await TopicTail.open({
      broker,
      ports,
      sources: [{ topic: format.outcomesTopic, partitions: [partition], from: 'latest' }],
      onRecord: (_topic, key, value) => bus.#receive(key, value),
    })
    return bus
  }

  /** A refusal by the bank and a missing outcome are answers; neither rejects. */
  send(command: NewCommand, deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS): Promise<CommandAnswer> {
    const { ports, format, timeoutMs = 5_000 } = this.#options
    const deadline = ports.clock.now() + deadlineMs
    const record = format.encode({ expectedVersion: null, ...command, deadline, replyTo: this.#replyTo })
    return new Promise((resolve) => {
      const timer = ports.timers.setTimeout(() => this.#timeOut(command.id, waiter), timeoutMs)
      const waiter: Waiter = { resolve, timer, sentAt: ports.clock.monotonic() }
      this.#waiting.set(command.id, [...(this.#waiting.get(command.id) ?? []), waiter])
      this.#counts.sent += 1
      this.#sender.send({ ...record, giveUpAt: deadline })
    })
  }

  metrics(): CommandMetrics {
    return { ...this.#counts, p50Ms: this.#latency.percentile(0.5), p99Ms: this.#latency.percentile(0.99) }
  }

  /** Commands without an outcome are answered with `pending`. */
  async close(): Promise<void> {
    await this.#sender.close()
    await this.#tail?.close()
    for (const [id, waiters] of this.#waiting) for (const waiter of waiters) this.#timeOut(id, waiter)
  }

  #receive(key: Uint8Array | null, value: Uint8Array | null): void {
    if (key === null || value === null || !this.#replyKey.equals(key)) return
    const outcome = this.#options.format.decodeOutcome(value)
    const waiters = this.#waiting.get(outcome.command)
    if (waiters === undefined) return
    this.#waiting.delete(outcome.command)
    const now = this.#options.ports.clock.monotonic()
    for (const { resolve, timer, sentAt } of waiters) {
      timer.cancel()
      this.#latency.record(now - sentAt)
      this.#counts[outcome.type === 'CommandSucceeded' ? 'succeeded' : 'failed'] += 1
      resolve(outcome)
    }
  }

  #timeOut(id: string, waiter: Waiter): void {
    const remaining = this.#waiting.get(id)?.filter((other) => other !== waiter) ?? []
    if (remaining.length > 0) this.#waiting.set(id, remaining)
    else this.#waiting.delete(id)
    waiter.timer.cancel()
    this.#counts.pending += 1
    waiter.resolve({ type: 'pending' })
  }
}

interface Waiter {
  readonly resolve: (answer: CommandAnswer) => void
  readonly timer: TimerHandle
  readonly sentAt: number
}
