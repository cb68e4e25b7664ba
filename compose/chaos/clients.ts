import { randomInt, randomUUID } from 'node:crypto'
import { partitionOf } from '../../topology/index.ts'
import { BankClient } from '../kills/bank-client.ts'

export interface Order {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
  isAcknowledged: boolean
}

export interface ClientsOptions {
  /** Of the API. */
  readonly url: string
  /** Of the bank's topics: as many accounts are opened in each. */
  readonly partitions: number
  /** Over all people; new ones come whether the earlier ones have been answered or not. Default 8. */
  readonly ordersPerSecond?: number
}

interface Person {
  readonly client: BankClient
  readonly iban: string
}

interface Answer {
  readonly pending: boolean
  readonly reason: string | null
}

const SIGNED_UP = 4
const ACCOUNTS_PER_PARTITION = 2
const ORDERS_PER_SECOND = 8
/** Orders under way at a time; who would give one more waits. */
const MOST_UNDER_WAY = 60
const DEPOSIT = 100_000
const LARGEST = 300
const RETRY_MS = 50

/**
 * People who order transfers between each other's accounts at a steady pace, each order sent until it is answered. They take turns in such
 * a way that every task of accounts and transfers always has something to do, also while others stand still.
 */
export class Clients {
  readonly orders: Order[] = []
  readonly #options: ClientsOptions
  readonly #people: readonly Person[]
  readonly #underWay = new Map<Promise<void>, number>()
  #acknowledged = 0
  #isOver = false
  #outageMs = 0
  #working: Promise<unknown> = Promise.resolve()

  private constructor(options: ClientsOptions, people: readonly Person[]) {
    this.#options = options
    this.#people = people
  }

  /** Signs people up, with accounts and money in each. */
  static async open(options: ClientsOptions): Promise<Clients> {
    const { url, partitions } = options
    const clients = Array.from({ length: SIGNED_UP }, () => new BankClient(url, `client-${randomUUID().slice(0, 8)}`))
    for (const client of clients) await client.signIn()
    const byPartition = Array.from({ length: partitions }, (): Person[] => [])
    for (let turn = 0; byPartition.some((people) => people.length < ACCOUNTS_PER_PARTITION); turn++) {
      const client = clients[turn % clients.length]
      if (client === undefined) break
      const iban = await client.openAccount(randomUUID())
      const people = byPartition[partitionOf(Buffer.from(iban), partitions)]
      if (people === undefined || people.length === ACCOUNTS_PER_PARTITION) continue
      const deposit = { id: randomUUID(), to: iban, amount: String(DEPOSIT) }
      const { deposit: answer } = await client.ask<{ deposit: Answer }>(
        'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }',
        deposit,
      )
      if (answer.reason !== null) throw new Error(`A deposit failed: ${answer.reason}`)
      people.push({ client, iban })
    }
    return new Clients(options, byPartition.flat())
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** The longest that one of them has waited for an answer since this was asked last. */
  takeOutageMs(): number {
    const now = performance.now()
    const longest = Math.max(this.#outageMs, ...[...this.#underWay.values()].map((since) => now - since))
    this.#outageMs = 0
    return Math.round(longest)
  }

  start(): void {
    this.#working = this.#work()
  }

  /** Resolves when every order has been answered. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#working
  }

  async #work(): Promise<void> {
    const { partitions, ordersPerSecond = ORDERS_PER_SECOND } = this.#options
    for (let turn = 0; !this.#isOver; turn++) {
      const at = (turn * ACCOUNTS_PER_PARTITION + Math.floor(turn / partitions)) % this.#people.length
      const [person, other] = [this.#people[at], this.#people[(at + randomInt(1, this.#people.length)) % this.#people.length]]
      if (person !== undefined && other !== undefined) this.#begin(person, other, turn % partitions)
      await sleep(1_000 / ordersPerSecond)
      if (this.#underWay.size >= MOST_UNDER_WAY) await Promise.race(this.#underWay.keys())
    }
    await Promise.all(this.#underWay.keys())
  }

  #begin({ client, iban }: Person, other: Person, partition: number): void {
    const id = idIn(partition, this.#options.partitions)
    const order: Order = { id, from: iban, to: other.iban, amount: 1 + randomInt(LARGEST), isAcknowledged: false }
    this.orders.push(order)
    const begunAt = performance.now()
    const answered = this.#order(client, order).then(() => {
      this.#outageMs = Math.max(this.#outageMs, performance.now() - begunAt)
      this.#underWay.delete(answered)
    })
    this.#underWay.set(answered, begunAt)
  }

  async #order(client: BankClient, order: Order): Promise<void> {
    for (;;) {
      const answer = await transfer(client, order)
      if (answer !== undefined && !answer.pending) {
        order.isAcknowledged = answer.reason === null
        if (order.isAcknowledged) this.#acknowledged++
        return
      }
      await sleep(RETRY_MS)
    }
  }
}

/** The transfer's own task is the one of its id. */
function idIn(partition: number, partitions: number): string {
  let id = randomUUID()
  while (partitionOf(Buffer.from(id), partitions) !== partition) id = randomUUID()
  return id
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

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
