import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import { decideUser, evolveUser, type User, type UserCommand, type UserEvent } from './domain/user/user.ts'
import type { UserOutput } from './output.ts'

/** Signs users up, and passes a command about a user on to the account only if that user exists (DECISIONS 20). */
export class UserProcessor implements Processor<string, UserCommand, string, UserOutput> {
  readonly #context: ProcessorContext<string, UserOutput>
  readonly #users: KeyValueStore<string, Stored<User>>
  readonly #aggregate: AggregateProcessor<User, UserCommand, UserEvent, 'outcome'>

  constructor(context: ProcessorContext<string, UserOutput>) {
    this.#context = context
    this.#users = context.store('users')
    this.#aggregate = new AggregateProcessor<User, UserCommand, UserEvent, 'outcome'>(context, {
      store: 'users',
      decide: decideUser,
      evolve: evolveUser,
      placed: (fact, head) => ({ ...fact, ...head }),
      answerKind: () => 'outcome',
    })
  }

  init(): void {
    this.#aggregate.init()
  }

  process(record: Record<string, UserCommand>): void {
    const { key, value: command, timestamp } = record
    switch (command.type) {
      case 'CreateUserAccount':
        return this.#aggregate.process(record)
      case 'AddUserToBankAccount': {
        const exists = this.#users.get(key)?.state !== undefined
        if (exists && !this.#aggregate.hasAnswered(key, command))
          return this.#context.forward({ key: command.iban, value: { kind: 'account-command', record: command }, timestamp })
        // The expected version is the account's, which is unknown here.
        return this.#aggregate.process({ ...record, value: { ...command, expectedVersion: null } })
      }
      default:
        return command satisfies never
    }
  }
}
