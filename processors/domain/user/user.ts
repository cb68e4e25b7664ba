import type { AddUserToBankAccount, CreateUserAccount, UserAccountCreated } from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { USER_EXISTS, type Refusal } from '../refusal.ts'

export interface User {
  readonly username: string
  readonly passwordHash: string
}

/** `AddUserToBankAccount` passes by the user it is about, who alone knows whether he exists, on its way to the account. */
export type UserCommand = CreateUserAccount | AddUserToBankAccount

export function decideUser(user: User | undefined, command: CreateUserAccount): Fact<UserAccountCreated> | Refusal {
  if (user !== undefined) return USER_EXISTS
  return { type: 'UserAccountCreated', username: command.username, passwordHash: command.passwordHash }
}

export function evolveUser(_user: User | undefined, event: UserAccountCreated): User {
  return { username: event.username, passwordHash: event.passwordHash }
}
