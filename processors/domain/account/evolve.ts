import type {
  AlertSettingsUpdated,
  BankAccountCreated,
  MoneyCredited,
  MoneyDebited,
  MoneyReturned,
  UserAddedToBankAccount,
  UserRemovedFromBankAccount,
} from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { NO_ALERTS, type Account } from './account.ts'

export type AccountEvent =
  | BankAccountCreated
  | UserAddedToBankAccount
  | UserRemovedFromBankAccount
  | MoneyDebited
  | MoneyCredited
  | MoneyReturned
  | AlertSettingsUpdated

/** The account after the event. */
export function evolveAccount(account: Account | undefined, event: Fact<AccountEvent>): Account {
  if (event.type === 'BankAccountCreated') {
    return { iban: event.iban, balance: 0n, owners: [{ username: event.username, token: event.token }], settings: NO_ALERTS }
  }
  if (account === undefined) throw new Error(`${event.type} of an account that was never created`)
  switch (event.type) {
    case 'UserAddedToBankAccount':
      return { ...account, owners: [...account.owners, { username: event.username, token: event.token }] }
    case 'UserRemovedFromBankAccount':
      return { ...account, owners: account.owners.filter(({ username }) => username !== event.username) }
    case 'MoneyDebited':
    case 'MoneyCredited':
    case 'MoneyReturned':
      return { ...account, balance: event.balance }
    case 'AlertSettingsUpdated':
      return { ...account, settings: event.settings }
    default:
      return event satisfies never
  }
}
