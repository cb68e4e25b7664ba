import type { Outcome } from '../schemas/index.ts'
import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import { Answers, type Answer } from './answers.ts'
import type { Fact } from './domain/decider.ts'
import { EXPIRED, OTHER_VERSION, type Refusal } from './domain/refusal.ts'
import type { AnswerKind, BankEvent, Decided } from './output.ts'

interface Command {
  readonly type: string
  readonly id: string
  readonly deadline: number
  readonly replyTo: string
  readonly expectedVersion: number | null
}

/** An event's place in the history of its aggregate. */
export interface EventHead {
  readonly command: string
  readonly version: number
  readonly time: number
}

/** The stored form of an aggregate. */
export interface Stored<S> {
  readonly state: S | undefined
  readonly version: number
  /** Of its latest event. Undefined: stored by a version that did not keep it. */
  readonly time?: number
}

export interface AggregateOptions<S, C extends Command, E extends BankEvent, Kind extends AnswerKind> {
  /** The answers are in the store `<store>-answers`. */
  readonly store: string
  /** `time`: that of the event, if there will be one; never before the one of the event before. */
  decide(state: S | undefined, command: C, time: number): Fact<E> | Refusal
  evolve(state: S | undefined, event: E): S
  /** The event with its place in the history. */
  placed(fact: Fact<E>, head: EventHead): E
  /** Whether the outcome of the command goes to a client or to the saga. */
  answerKind(command: C): Kind
}

const FORGET_INTERVAL_MS = 600_000

/**
 * Runs an aggregate: checks the command against the state, then forwards event and answer and stores the new state in one transaction.
 * A repeated command gets its first answer again and changes nothing; one read after its deadline is answered as expired.
 */
export class AggregateProcessor<S, C extends Command, E extends BankEvent, Kind extends AnswerKind> implements Processor<
  string,
  C,
  string,
  Decided<E, Kind>
> {
  readonly #context: ProcessorContext<string, Decided<E, Kind>>
  readonly #options: AggregateOptions<S, C, E, Kind>
  readonly #store: KeyValueStore<string, Stored<S>>
  readonly #answers: Answers

  constructor(context: ProcessorContext<string, Decided<E, Kind>>, options: AggregateOptions<S, C, E, Kind>) {
    this.#context = context
    this.#options = options
    this.#store = context.store(options.store)
    this.#answers = new Answers(context.store<KeyValueStore<string, Answer>>(`${options.store}-answers`))
  }

  init(): void {
    this.#context.schedule({ intervalMs: FORGET_INTERVAL_MS, clock: 'wall' }, (now) => this.#answers.forgetOld(now))
  }

  process({ key, value: command, timestamp }: Record<string, C>): void {
    const stored = this.#store.get(key) ?? { state: undefined, version: 0 }
    const known = this.#answers.to(key, command)
    if (known !== undefined) return this.#answer(command, known, timestamp)
    const now = this.#context.systemTime
    // A clock that goes back, or another instance's that is behind, must not turn the history around.
    const time = Math.max(now, stored.time ?? 0)
    const decision = this.#decide(stored, command, now, time)
    if ('kind' in decision) {
      const { code, reason } = decision
      return this.#conclude(key, command, { type: 'CommandFailed', command: command.id, code, reason }, now, timestamp)
    }
    const version = stored.version + 1
    const event = this.#options.placed(decision, { command: command.id, version, time })
    this.#store.put(key, { state: this.#options.evolve(stored.state, event), version, time }, timestamp)
    this.#context.forward({ key, value: { kind: 'event', record: event }, timestamp })
    const token = 'token' in decision ? String(decision.token) : null
    this.#conclude(key, command, { type: 'CommandSucceeded', command: command.id, version, token }, now, timestamp)
  }

  hasAnswered(key: string, command: C): boolean {
    return this.#answers.to(key, command) !== undefined
  }

  #conclude(key: string, command: C, outcome: Outcome, now: number, timestamp: number): void {
    this.#answers.remember(key, command, outcome, now)
    this.#answer(command, outcome, timestamp)
  }

  #decide(stored: Stored<S>, command: C, now: number, time: number): Fact<E> | Refusal {
    if (now > command.deadline) return EXPIRED
    if (command.expectedVersion !== null && command.expectedVersion !== stored.version) return OTHER_VERSION
    return this.#options.decide(stored.state, command, time)
  }

  #answer(command: C, outcome: Outcome, timestamp: number): void {
    const kind = this.#options.answerKind(command)
    this.#context.forward({ key: command.replyTo, value: { kind, record: outcome }, timestamp })
  }
}
