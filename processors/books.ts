import type { AccountEvent } from './domain/account/evolve.ts'
import { CASH, isOwnIban } from './domain/iban.ts'
import { changes } from './domain/messages.ts'
import { directionOf, type MoneyEvent } from './money-event.ts'

/**
 * Double-entry bookkeeping over the events alone (DECISIONS 22). Every change of an account has its counterpart in cash, in clearing (money
 * sent to other banks), or in transit within a transfer. So the sum over everything is always zero, and nothing is in transit at rest.
 * Partitions may be read in any interleaving; the events of one account must come in order, each once.
 */
export class Books {
  readonly #accounts = new Map<string, { balance: bigint; version: number }>()
  readonly #inTransit = new Map<string, bigint>()
  readonly #faults: string[] = []
  #total = 0n
  #cash = 0n
  #clearing = 0n
  #totalInTransit = 0n

  record(event: AccountEvent): void {
    const { iban, version } = event
    const account = this.#accounts.get(iban) ?? { balance: 0n, version: 0 }
    if (version !== account.version + 1) this.#faults.push(`Account ${iban} goes from version ${account.version} to ${version}`)
    account.version = version
    this.#accounts.set(iban, account)
    if (changes(event, 'balance')) this.#book(event, account)
  }

  /** Contradictions found in the events; empty when there are none. */
  get faults(): readonly string[] {
    return this.#faults
  }

  /** Whether accounts, cash, clearing and money in transit sum to zero, and each event states the balance that its account's events add up to. */
  get isBalanced(): boolean {
    return this.#faults.length === 0 && this.#total + this.#cash + this.#clearing + this.#totalInTransit === 0n
  }

  /** Whether no money is in transit: each transfer has credited or returned what it debited. */
  get isAtRest(): boolean {
    return this.#inTransit.size === 0
  }

  #book(event: MoneyEvent, account: { balance: bigint }): void {
    const { iban, amount, counterparty, transferId } = event
    const change = directionOf(event) === 'DEBIT' ? -amount : amount
    account.balance += change
    this.#total += change
    if (account.balance !== event.balance)
      this.#faults.push(
        `Account ${iban} version ${event.version} states a balance of ${event.balance}, its events add up to ${account.balance}`,
      )
    if (counterparty === CASH) this.#cash -= change
    else if (!isOwnIban(counterparty)) this.#clearing -= change
    else this.#moveInTransit(transferId, -change)
  }

  #moveInTransit(transferId: string, change: bigint): void {
    this.#totalInTransit += change
    const amount = (this.#inTransit.get(transferId) ?? 0n) + change
    if (amount === 0n) this.#inTransit.delete(transferId)
    else this.#inTransit.set(transferId, amount)
  }
}
