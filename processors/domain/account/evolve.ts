import type { MoneyCredited } from '../../../schemas/index.ts'
import { CASH } from '../iban.ts'
import type { EventOf } from '../messages.ts'
import { dayOf, NO_ALERTS, type Account } from './account.ts'

export type AccountEvent = EventOf<'account'>

/** The account after the event. */
export function evolveAccount(account: Account | undefined, event: AccountEvent): Account {
  if (event.type === 'BankAccountCreated') {
    const { iban, username, token } = event
    return { iban, balance: 0n, cash: { day: 0, amount: 0n }, owners: [{ username, token }], settings: NO_ALERTS }
  }
  if (account === undefined)
    throw new Error(`${event.type} version ${event.version} of account ${event.iban} comes before its BankAccountCreated`)
  switch (event.type) {
    case 'UserAddedToBankAccount':
      return { ...account, owners: [...account.owners, { username: event.username, token: event.token }] }
    case 'UserRemovedFromBankAccount':
      return { ...account, owners: account.owners.filter(({ username }) => username !== event.username) }
    case 'MoneyCredited':
      return { ...account, balance: event.balance, cash: event.counterparty === CASH ? withCash(account, event) : account.cash }
    case 'MoneyDebited':
    case 'MoneyReturned':
      return { ...account, balance: event.balance }
    case 'AlertSettingsUpdated':
      return { ...account, settings: event.settings }
    default:
      return event satisfies never
  }
}

function withCash({ cash }: Account, { time, amount }: MoneyCredited): Account['cash'] {
  const day = dayOf(time)
  return { day, amount: cash.day === day ? cash.amount + amount : amount }
}
