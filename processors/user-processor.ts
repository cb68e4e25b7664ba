import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import type { CreateUserAccount, UserAccountCreated } from '../schemas/index.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import { USER_TO_ADD_UNKNOWN } from './domain/refusal.ts'
import { decideUser, evolveUser, type User, type UserCommand } from './domain/user/user.ts'
import type { Output } from './output.ts'

/** Signs users up, and lets a command about a user pass on to the account only if that user exists. */
export class UserProcessor implements Processor<string, UserCommand, string, Output> {
  readonly #aggregate = new AggregateProcessor<User, CreateUserAccount, UserAccountCreated>({
    store: 'users',
    decide: decideUser,
    evolve: evolveUser,
    placed: (fact, head) => ({ ...fact, ...head }),
    isStep: () => false,
  })
  #context: ProcessorContext<string, Output> | undefined

  init(context: ProcessorContext<string, Output>): void {
    this.#context = context
    this.#aggregate.init(context)
  }

  process(record: Record<string, UserCommand>): void {
    const { key, value: command, timestamp } = record
    if (command.type === 'CreateUserAccount') return this.#aggregate.process({ key, value: command, timestamp })
    const exists = this.#context?.store<KeyValueStore<string, Stored<User>>>('users').get(key)?.state !== undefined
    if (exists) return this.#context?.forward({ key: command.iban, value: { kind: 'account-command', command }, timestamp })
    const { code, reason } = USER_TO_ADD_UNKNOWN
    const outcome = { type: 'CommandFailed' as const, command: command.id, code, reason }
    this.#context?.forward({ key: command.replyTo, value: { kind: 'outcome', outcome }, timestamp })
  }
}
