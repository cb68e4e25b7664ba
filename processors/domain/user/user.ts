import type { AddUserToBankAccount, CreateUserAccount, UserAccountCreated } from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { USER_EXISTS, USER_TO_ADD_UNKNOWN, type Refusal } from '../refusal.ts'

export interface User {
  readonly username: string
  readonly passwordHash: string
}

/** `AddUserToBankAccount` passes by the user it is about, who alone knows whether he exists, on its way to the account; it stays here when he does not. */
export type UserCommand = CreateUserAccount | AddUserToBankAccount

export function decideUser(user: User | undefined, command: UserCommand): Fact<UserAccountCreated> | Refusal {
  if (command.type === 'AddUserToBankAccount') return USER_TO_ADD_UNKNOWN
  if (user !== undefined) return USER_EXISTS
  return { type: 'UserAccountCreated', username: command.username, passwordHash: command.passwordHash }
}

export function evolveUser(_user: User | undefined, event: UserAccountCreated): User {
  return { username: event.username, passwordHash: event.passwordHash }
}
