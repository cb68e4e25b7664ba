import type { AddUserToBankAccount, AlertSettings, CreditMoney, DebitMoney, RemoveUserFromBankAccount } from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { CASH, isOwnIban } from '../iban.ts'
import type { CommandOf } from '../messages.ts'
import { OPENING_DEPOSIT } from '../transfer/opening-deposit.ts'
import type { StepCommand } from '../transfer/steps.ts'
import * as refusals from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { dayOf, LIMIT, MAX_CASH_A_DAY, type Account } from './account.ts'
import type { AccountEvent } from './evolve.ts'

export type AccountCommand = CommandOf<'account'>

export interface AccountDecisions {
  /** A fresh token of 20 digits, from a cryptographic generator. */
  newToken(): string
  /** Milliseconds since the epoch. */
  readonly now: number
}

type Decision = Fact<AccountEvent> | Refusal

/** The rules of an account. The first rule that is broken decides the refusal. */
export function decideAccount(account: Account | undefined, command: AccountCommand, { newToken, now }: AccountDecisions): Decision {
  if (command.type === 'CreateBankAccount') {
    if (!isOwnIban(command.iban)) return refusals.INVALID_OPEN_IBAN
    if (account !== undefined) return refusals.IBAN_EXISTS
    return { type: 'BankAccountCreated', iban: command.iban, token: newToken(), username: command.username }
  }
  if (account === undefined) return refusals.IBAN_NOT_KNOWN
  switch (command.type) {
    case 'AddUserToBankAccount':
      return refuseOwner(account, command) ?? addUser(account, command, newToken)
    case 'RemoveUserFromBankAccount':
      return refuseOwner(account, command) ?? removeUser(account, command)
    case 'DebitMoney':
      return refuseOwner(account, command) ?? debit(account, command)
    case 'CreditMoney':
      return refuseCash(account, command, now) ?? { type: 'MoneyCredited', ...movement(command), balance: account.balance + command.amount }
    case 'ReturnMoney':
      return { type: 'MoneyReturned', ...movement(command), balance: account.balance + command.amount }
    case 'UpdateAlertSettings':
      return refuseOwner(account, command) ?? updateSettings(command.iban, command.settings)
    default:
      return command satisfies never
  }
}

function refuseOwner(account: Account, { username, token }: { readonly username: string; readonly token: string }): Refusal | undefined {
  const owner = account.owners.find((candidate) => candidate.username === username)
  if (owner === undefined) return refusals.NO_OWNER
  return owner.token === token ? undefined : refusals.TOKEN_NOT_VALID
}

function addUser(account: Account, { iban, userToAdd }: AddUserToBankAccount, newToken: () => string): Decision {
  if (account.owners.some(({ username }) => username === userToAdd)) return refusals.ALREADY_OWNER
  return { type: 'UserAddedToBankAccount', iban, token: newToken(), username: userToAdd }
}

function removeUser(account: Account, { iban, username }: RemoveUserFromBankAccount): Decision {
  if (account.owners.length === 1 && account.balance !== 0n) return refusals.LAST_USER_WITH_BALANCE
  return { type: 'UserRemovedFromBankAccount', iban, username }
}

function debit(account: Account, command: DebitMoney): Decision {
  const balance = account.balance - command.amount
  return balance < LIMIT ? refusals.INSUFFICIENT_FUNDS : { type: 'MoneyDebited', ...movement(command), balance }
}

function refuseCash({ cash }: Account, { counterparty, amount, transferId }: CreditMoney, now: number): Refusal | undefined {
  if (counterparty !== CASH || transferId === OPENING_DEPOSIT.id) return undefined
  const today = cash.day === dayOf(now) ? cash.amount : 0n
  return today + amount > MAX_CASH_A_DAY ? refusals.TOO_MUCH_CASH : undefined
}

function updateSettings(iban: string, settings: AlertSettings): Decision {
  const { amountAbove, debitsInFiveMinutes } = settings
  if ((amountAbove ?? 0n) < 0n || (debitsInFiveMinutes ?? 1) < 1) return refusals.BAD_SETTINGS
  return { type: 'AlertSettingsUpdated', iban, settings }
}

function movement({ transferId, iban, amount, counterparty, description, username }: StepCommand) {
  return { transferId, iban, amount, counterparty, description, username }
}
