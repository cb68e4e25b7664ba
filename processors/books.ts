import type { AccountEvent } from './domain/account/evolve.ts'
import { CASH, isOwnIban } from './domain/iban.ts'
import { movesMoney, type MoneyEvent } from './money-event.ts'

/**
 * Double entry, kept from the events alone: every change of an account has its counterpart in cash, in clearing (money that went to other
 * banks), or under way within a transfer. So all of it adds up to nothing at any moment, and nothing is under way at rest. Partitions may
 * be read side by side; events of one account come in order, each once.
 */
export class Books {
  readonly #accounts = new Map<string, { balance: bigint; version: number }>()
  readonly #underWay = new Map<string, bigint>()
  readonly #faults: string[] = []
  #total = 0n
  #cash = 0n
  #clearing = 0n
  #movedUnderWay = 0n

  record(event: AccountEvent): void {
    const { iban, version } = event
    const account = this.#accounts.get(iban) ?? { balance: 0n, version: 0 }
    if (version !== account.version + 1) this.#faults.push(`${iban} goes from version ${account.version} to ${version}`)
    account.version = version
    this.#accounts.set(iban, account)
    if (movesMoney(event)) this.#book(event, account)
  }

  /** What does not fit together; empty when all is well. */
  get faults(): readonly string[] {
    return this.#faults
  }

  /** Whether all accounts, cash, clearing and money under way add up to nothing, and each account tells the balance its events make. */
  get isBalanced(): boolean {
    return this.#faults.length === 0 && this.#total + this.#cash + this.#clearing + this.#movedUnderWay === 0n
  }

  /** Whether no transfer has taken money that it has not brought anywhere. */
  get isAtRest(): boolean {
    return this.#underWay.size === 0
  }

  #book(event: MoneyEvent, account: { balance: bigint }): void {
    const { iban, amount, counterparty, transferId, type } = event
    const change = type === 'MoneyDebited' ? -amount : amount
    account.balance += change
    this.#total += change
    if (account.balance !== event.balance)
      this.#faults.push(`${iban} tells a balance of ${event.balance}, its events make ${account.balance}`)
    if (counterparty === CASH) this.#cash -= change
    else if (!isOwnIban(counterparty)) this.#clearing -= change
    else this.#moveUnderWay(transferId, -change)
  }

  #moveUnderWay(transferId: string, change: bigint): void {
    this.#movedUnderWay += change
    const amount = (this.#underWay.get(transferId) ?? 0n) + change
    if (amount === 0n) this.#underWay.delete(transferId)
    else this.#underWay.set(transferId, amount)
  }
}
