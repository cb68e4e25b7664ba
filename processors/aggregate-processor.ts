import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import { Answers, type Answer, type Outcome } from './answers.ts'
import type { Fact } from './domain/decider.ts'
import { EXPIRED, OTHER_VERSION, type Refusal } from './domain/refusal.ts'
import type { BankEvent, Output } from './output.ts'

interface Command {
  readonly type: string
  readonly id: string
  readonly deadline: number
  readonly replyTo: string
  readonly expectedVersion: number | null
}

/** Where an event stands. */
export interface EventHead {
  readonly command: string
  readonly version: number
  readonly time: number
}

/** What is stored of an aggregate. */
export interface Stored<S> {
  readonly state: S | undefined
  readonly version: number
}

export interface AggregateOptions<S, C extends Command, E extends BankEvent> {
  /** Its answers are in the store `<store>-answers`. */
  readonly store: string
  decide(state: S | undefined, command: C, now: number): Fact<E> | Refusal
  evolve(state: S | undefined, event: E): S
  /** The event with its place in the history. */
  placed(fact: Fact<E>, head: EventHead): E
  /** Whether a transfer waits for the answer, rather than somebody outside. */
  isStep(command: C): boolean
}

const FORGET_EVERY_MS = 600_000

/**
 * Runs an aggregate: the command is checked against the state, and event, answer and new state leave together. The same command
 * again gets its first answer again and changes nothing; one that is late is told so.
 */
export class AggregateProcessor<S, C extends Command, E extends BankEvent> implements Processor<string, C, string, Output> {
  readonly #options: AggregateOptions<S, C, E>
  #context: ProcessorContext<string, Output> | undefined
  #store: KeyValueStore<string, Stored<S>> | undefined
  #answers: Answers | undefined

  constructor(options: AggregateOptions<S, C, E>) {
    this.#options = options
  }

  init(context: ProcessorContext<string, Output>): void {
    this.#context = context
    this.#store = context.store<KeyValueStore<string, Stored<S>>>(this.#options.store)
    const answers = new Answers(context.store<KeyValueStore<string, Answer>>(`${this.#options.store}-answers`))
    context.schedule({ intervalMs: FORGET_EVERY_MS, clock: 'wall' }, (now) => answers.forgetOld(now))
    this.#answers = answers
  }

  process({ key, value: command, timestamp }: Record<string, C>): void {
    const stored = this.#store?.get(key) ?? { state: undefined, version: 0 }
    const known = this.#answers?.to(key, command)
    if (known !== undefined) return this.#answer(command, known, timestamp)
    const now = this.#context?.systemTime ?? timestamp
    const decision = this.#decide(stored, command, now)
    if ('kind' in decision) {
      const { code, reason } = decision
      return this.#conclude(key, command, { type: 'CommandFailed', command: command.id, code, reason }, now, timestamp)
    }
    const version = stored.version + 1
    const event = this.#options.placed(decision, { command: command.id, version, time: now })
    this.#store?.put(key, { state: this.#options.evolve(stored.state, event), version }, timestamp)
    this.#context?.forward({ key, value: { kind: 'event', event }, timestamp })
    const token = 'token' in decision ? String(decision.token) : null
    this.#conclude(key, command, { type: 'CommandSucceeded', command: command.id, version, token }, now, timestamp)
  }

  hasAnswered(key: string, command: C): boolean {
    return this.#answers?.to(key, command) !== undefined
  }

  #conclude(key: string, command: C, outcome: Outcome, now: number, timestamp: number): void {
    this.#answers?.remember(key, command, outcome, now)
    this.#answer(command, outcome, timestamp)
  }

  #decide(stored: Stored<S>, command: C, now: number): Fact<E> | Refusal {
    if (now > command.deadline) return EXPIRED
    if (command.expectedVersion !== null && command.expectedVersion !== stored.version) return OTHER_VERSION
    return this.#options.decide(stored.state, command, now)
  }

  #answer(command: C, outcome: Outcome, timestamp: number): void {
    const kind = this.#options.isStep(command) ? 'step-answer' : 'outcome'
    this.#context?.forward({ key: command.replyTo, value: { kind, outcome }, timestamp })
  }
}
