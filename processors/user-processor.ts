import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import type { UserAccountCreated } from '../schemas/index.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import { decideUser, evolveUser, type User, type UserCommand } from './domain/user/user.ts'
import type { Output } from './output.ts'

/** Signs users up, and lets a command about a user pass on to the account only if that user exists. */
export class UserProcessor implements Processor<string, UserCommand, string, Output> {
  readonly #aggregate = new AggregateProcessor<User, UserCommand, UserAccountCreated>({
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
    if (command.type === 'CreateUserAccount') return this.#aggregate.process(record)
    const exists = this.#context?.store<KeyValueStore<string, Stored<User>>>('users').get(key)?.state !== undefined
    if (exists && !this.#aggregate.hasAnswered(key, command))
      return this.#context?.forward({ key: command.iban, value: { kind: 'account-command', command }, timestamp })
    const ofNoVersion = { ...command, expectedVersion: null } // what it states is the account's, which is not known here
    this.#aggregate.process({ ...record, value: ofNoVersion })
  }
}
