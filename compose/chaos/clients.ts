import { randomInt, randomUUID } from 'node:crypto'
import { BankClient } from '../kills/bank-client.ts'

export interface Order {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
  isAcknowledged: boolean
}

interface Answer {
  readonly pending: boolean
  readonly reason: string | null
}

const DEPOSIT = 100_000
const LARGEST = 300
const RETRY_MS = 50

/** People who order transfers between each other's accounts, one after the other, each order sent until it is answered. */
export class Clients {
  readonly orders: Order[] = []
  readonly #people: readonly { readonly client: BankClient; readonly iban: string; lastMs: number }[]
  #isOver = false
  #outageMs = 0
  #working: Promise<unknown> = Promise.resolve()

  private constructor(people: readonly { readonly client: BankClient; readonly iban: string }[]) {
    this.#people = people.map((person) => ({ ...person, lastMs: 0 }))
  }

  /** Signs people up, each with an account and money in it. */
  static async open(url: string, count: number): Promise<Clients> {
    const people = []
    for (let number = 0; number < count; number++) {
      const client = new BankClient(url, `client-${randomUUID().slice(0, 8)}`)
      await client.signIn()
      const iban = await client.openAccount(randomUUID())
      const deposit = { id: randomUUID(), to: iban, amount: String(DEPOSIT) }
      const { deposit: answer } = await client.ask<{ deposit: Answer }>(
        'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }',
        deposit,
      )
      if (answer.reason !== null) throw new Error(`A deposit failed: ${answer.reason}`)
      people.push({ client, iban })
    }
    return new Clients(people)
  }

  get acknowledged(): number {
    return this.orders.reduce((count, { isAcknowledged }) => count + Number(isAcknowledged), 0)
  }

  /** The longest that one of them has waited from one answer to the next since this was asked last. */
  takeOutageMs(): number {
    const now = performance.now()
    const waiting = this.#people.map(({ lastMs }) => now - lastMs)
    const longest = Math.max(this.#outageMs, ...(this.#isOver ? [] : waiting))
    this.#outageMs = 0
    return Math.round(longest)
  }

  start(): void {
    this.#working = Promise.all(this.#people.map((_, at) => this.#work(at)))
  }

  /** Resolves when every order has been answered. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#working
  }

  async #work(at: number): Promise<void> {
    const person = this.#people[at]
    if (person === undefined) return
    person.lastMs = performance.now()
    while (!this.#isOver) {
      const other = this.#people[(at + 1 + randomInt(this.#people.length - 1)) % this.#people.length]
      const order = { id: randomUUID(), from: person.iban, to: other?.iban ?? '', amount: 1 + randomInt(LARGEST), isAcknowledged: false }
      this.orders.push(order)
      await this.#order(person.client, order)
      const now = performance.now()
      this.#outageMs = Math.max(this.#outageMs, now - person.lastMs)
      person.lastMs = now
    }
  }

  async #order(client: BankClient, order: Order): Promise<void> {
    for (;;) {
      const answer = await transfer(client, order)
      if (answer !== undefined && !answer.pending) {
        order.isAcknowledged = answer.reason === null
        return
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** Undefined: nobody answered. */
async function transfer(client: BankClient, { id, from, to, amount }: Order): Promise<Answer | undefined> {
  try {
    const { transfer: answer } = await client.ask<{ transfer: Answer }>(
      `mutation ($id: ID!, $from: String!, $to: String!, $amount: Cents!) {
        transfer(id: $id, from: $from, to: $to, amount: $amount, description: "chaos") { pending reason }
      }`,
      { id, from, to, amount: String(amount) },
    )
    return answer
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined
    if (error instanceof Error && error.message.includes(MOVING)) return undefined
    throw error
  }
}

/** What the API says while the account's task is with nobody. */
const MOVING = 'is moving to another instance'
