import type { Fact } from '../decider.ts'
import type { CommandOf, EventOf } from '../messages.ts'
import { USER_EXISTS, USER_TO_ADD_UNKNOWN, type Refusal } from '../refusal.ts'

export interface User {
  readonly username: string
  readonly passwordHash: string
}

/** `AddUserToBankAccount` is decided here only if the user does not exist; otherwise it is passed on to the account (DECISIONS 20). */
export type UserCommand = CommandOf<'user'>
export type UserEvent = EventOf<'user'>

export function decideUser(user: User | undefined, command: UserCommand): Fact<UserEvent> | Refusal {
  switch (command.type) {
    case 'AddUserToBankAccount':
      return USER_TO_ADD_UNKNOWN
    case 'CreateUserAccount':
      if (user !== undefined) return USER_EXISTS
      return { type: 'UserAccountCreated', username: command.username, passwordHash: command.passwordHash }
    default:
      return command satisfies never
  }
}

export function evolveUser(_user: User | undefined, event: UserEvent): User {
  switch (event.type) {
    case 'UserAccountCreated':
      return { username: event.username, passwordHash: event.passwordHash }
    default:
      return event.type satisfies never
  }
}
