import type { CommandFailed, CommandSucceeded } from '../schemas/index.ts'
import type { KeyValueStore } from '../topology/index.ts'

export type Outcome = CommandSucceeded | CommandFailed

/** An answer that was given, kept so that the same command gets it again. */
export interface Answer {
  readonly outcome: Outcome
  /** From then on the command counts as expired anyway. */
  readonly until: number
}

/** How long after its deadline a command can still be told from a new one. */
const KEPT_MS = 3_600_000

/** The answers an aggregate's processor has given, by command id: apart from the aggregates, which would grow with them. */
export class Answers {
  readonly #store: KeyValueStore<string, Answer>

  constructor(store: KeyValueStore<string, Answer>) {
    this.#store = store
  }

  to(aggregate: string, command: AnsweredCommand): Outcome | undefined {
    return this.#store.get(keyOf(aggregate, command))?.outcome
  }

  remember(aggregate: string, command: AnsweredCommand, outcome: Outcome, now: number): void {
    this.#store.put(keyOf(aggregate, command), { outcome, until: Math.max(command.deadline, now) + KEPT_MS }, now)
  }

  async forgetOld(now: number): Promise<void> {
    for await (const { key, value } of this.#store.all()) if (value.until <= now) this.#store.delete(key)
  }
}

interface AnsweredCommand {
  readonly type: string
  readonly id: string
  readonly deadline: number
}

/** With the type, so that nobody can choose an id under which a transfer's own step would find an answer. */
function keyOf(aggregate: string, { type, id }: AnsweredCommand): string {
  return `${aggregate}\n${type}\n${id}`
}
