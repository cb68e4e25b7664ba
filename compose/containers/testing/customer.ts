import { randomUUID } from 'node:crypto'
import { vi } from 'vitest'
import { COMPANY_IBAN } from '../../../processors/index.ts'
import { BankClient } from '../../kills/bank-client.ts'

const DEPOSIT = 'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }'
const TRANSFER = `mutation ($id: ID!, $from: String!, $to: String!) {
  transfer(id: $id, from: $from, to: $to, amount: "100", description: "for the stream") { pending reason }
}`
const TIMEOUT_MS = 120_000
const DONE = { pending: false, reason: null }

/** A customer with money. Each request is repeated under its own id until the bank has carried it out: parts of it may be starting. */
export class Customer {
  readonly #client: BankClient
  readonly #iban: string

  private constructor(client: BankClient, iban: string) {
    this.#client = client
    this.#iban = iban
  }

  static async signUp(url: string): Promise<Customer> {
    const client = await repeated(async () => {
      const newcomer = new BankClient(url, `customer-${randomUUID()}`)
      await newcomer.signIn()
      return newcomer
    })
    const [account, deposit] = [randomUUID(), randomUUID()]
    const iban = await repeated(() => client.openAccount(account))
    await repeated(async () => expectDone(await client.ask(DEPOSIT, { id: deposit, to: iban, amount: '500' })))
    return new Customer(client, iban)
  }

  /** Transfers € 1 to the company. */
  async transfer(): Promise<void> {
    const order = { id: randomUUID(), from: this.#iban, to: COMPANY_IBAN }
    await repeated(async () => expectDone(await this.#client.ask(TRANSFER, order)))
  }
}

function repeated<T>(attempt: () => Promise<T>): Promise<T> {
  return vi.waitFor(attempt, { timeout: TIMEOUT_MS, interval: 500 })
}

function expectDone(answer: Readonly<Record<string, unknown>>): void {
  for (const outcome of Object.values(answer))
    if (JSON.stringify(outcome) !== JSON.stringify(DONE)) throw new Error(`The bank answered ${JSON.stringify(answer)}.`)
}
