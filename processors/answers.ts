import type { Outcome } from '../schemas/index.ts'
import type { KeyValueStore } from '../topology/index.ts'

/** The answer to a command, kept so that the same command gets it again. */
export interface Answer {
  readonly outcome: Outcome
  /** When the answer may be deleted: by then the command has expired. */
  readonly until: number
}

/** How long after its deadline a repeated command still gets its first answer. */
const RETENTION_MS = 3_600_000

/** The answers of an aggregate's processor by command, stored beside the aggregates, which would grow with them (DECISIONS 21). */
export class Answers {
  readonly #store: KeyValueStore<string, Answer>

  constructor(store: KeyValueStore<string, Answer>) {
    this.#store = store
  }

  to(aggregate: string, command: AnsweredCommand): Outcome | undefined {
    return this.#store.get(keyOf(aggregate, command))?.outcome
  }

  remember(aggregate: string, command: AnsweredCommand, outcome: Outcome, now: number): void {
    this.#store.put(keyOf(aggregate, command), { outcome, until: Math.max(command.deadline, now) + RETENTION_MS }, now)
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

/** The type is part of the key, because a client could choose the id of a transfer's step for a command of its own. */
function keyOf(aggregate: string, { type, id }: AnsweredCommand): string {
  return `${aggregate}\n${type}\n${id}`
}
