import { randomInt, randomUUID } from 'node:crypto'
import { partitionOf } from '../../topology/index.ts'
import { BankClient, RefusedRequestError } from '../kills/bank-client.ts'

/** A transfer that a client ordered; acknowledged once the API has answered that it was accepted. */
export interface Order {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
  isAcknowledged: boolean
}

export interface ClientsOptions {
  /** URL of the API. */
  readonly url: string
  /** Partitions of the bank's topics; the same number of accounts is opened in each. */
  readonly partitions: number
  /** Of all clients together, independent of the answers to earlier orders. Default 8. */
  readonly ordersPerSecond?: number
}

interface AccountHolder {
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
/** Unanswered orders at a time; at this limit the next order waits. */
const MAX_IN_FLIGHT = 60
const DEPOSIT = 100_000
const MAX_AMOUNT = 300
const RETRY_MS = 50
/** The API's `extensions.code` while no instance owns the task of the account or the transfer. */
const TASK_MOVES = 'UNAVAILABLE'

/**
 * Orders transfers between accounts at a steady pace and sends each order until it is answered. Accounts and partitions take turns, so that
 * every task of accounts and transfers always has work, even while other tasks are stalled.
 */
export class Clients {
  readonly orders: Order[] = []
  readonly #options: ClientsOptions
  readonly #holders: readonly AccountHolder[]
  /** Unanswered orders, with the time at which each began. */
  readonly #inFlight = new Map<Promise<void>, number>()
  #acknowledged = 0
  #isStopping = false
  #outageMs = 0
  #working: Promise<unknown> = Promise.resolve()

  private constructor(options: ClientsOptions, holders: readonly AccountHolder[]) {
    this.#options = options
    this.#holders = holders
  }

  /** Signs clients up and opens accounts with a deposit. */
  static async open(options: ClientsOptions): Promise<Clients> {
    const { url, partitions } = options
    const clients = Array.from({ length: SIGNED_UP }, () => new BankClient(url, `client-${randomUUID().slice(0, 8)}`))
    for (const client of clients) await client.signIn()
    const byPartition = Array.from({ length: partitions }, (): AccountHolder[] => [])
    for (let count = 0; byPartition.some((holders) => holders.length < ACCOUNTS_PER_PARTITION); count++) {
      const client = clients[count % clients.length]
      if (client === undefined) break
      const iban = await client.openAccount(randomUUID())
      const holders = byPartition[partitionOf(Buffer.from(iban), partitions)]
      if (holders === undefined || holders.length === ACCOUNTS_PER_PARTITION) continue
      const deposit = { id: randomUUID(), to: iban, amount: String(DEPOSIT) }
      const { deposit: answer } = await client.ask<{ deposit: Answer }>(
        'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }',
        deposit,
      )
      if (answer.reason !== null) throw new Error(`The deposit to ${iban} failed: ${answer.reason}`)
      holders.push({ client, iban })
    }
    return new Clients(options, byPartition.flat())
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** The longest wait for an answer since the last call; resets it. */
  takeOutageMs(): number {
    const now = performance.now()
    const longest = Math.max(this.#outageMs, ...[...this.#inFlight.values()].map((since) => now - since))
    this.#outageMs = 0
    return Math.round(longest)
  }

  start(): void {
    this.#working = this.#work()
  }

  /** Resolves when every order has been answered. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#working
  }

  async #work(): Promise<void> {
    const { partitions, ordersPerSecond = ORDERS_PER_SECOND } = this.#options
    for (let count = 0; !this.#isStopping; count++) {
      const at = (count * ACCOUNTS_PER_PARTITION + Math.floor(count / partitions)) % this.#holders.length
      const [payer, payee] = [this.#holders[at], this.#holders[(at + randomInt(1, this.#holders.length)) % this.#holders.length]]
      if (payer !== undefined && payee !== undefined) this.#begin(payer, payee, count % partitions)
      await sleep(1_000 / ordersPerSecond)
      if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight.keys())
    }
    await Promise.all(this.#inFlight.keys())
  }

  #begin({ client, iban }: AccountHolder, payee: AccountHolder, partition: number): void {
    const id = idIn(partition, this.#options.partitions)
    const order: Order = { id, from: iban, to: payee.iban, amount: 1 + randomInt(MAX_AMOUNT), isAcknowledged: false }
    this.orders.push(order)
    const begunAt = performance.now()
    const answered = this.#order(client, order).then(() => {
      this.#outageMs = Math.max(this.#outageMs, performance.now() - begunAt)
      this.#inFlight.delete(answered)
    })
    this.#inFlight.set(answered, begunAt)
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

/** An id in the partition: a transfer's own task is that of its id. */
function idIn(partition: number, partitions: number): string {
  let id = randomUUID()
  while (partitionOf(Buffer.from(id), partitions) !== partition) id = randomUUID()
  return id
}

/** Undefined: no answer, or the account's task is moving to another instance; the order must be sent again. */
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
    if (error instanceof RefusedRequestError && error.code === TASK_MOVES) return undefined
    throw error
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
