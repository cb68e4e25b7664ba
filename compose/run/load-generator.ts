import { LatencyHistogram, NO_PASSWORD, type BankReader, type CommandBus } from '../../api/index.ts'
import { CASH, COMPANY_IBAN, COMPANY_OWNER, ownIban } from '../../processors/index.ts'
import type { Ports } from '../../topology/index.ts'

export interface LoadOptions {
  readonly bus: Pick<CommandBus, 'send'>
  readonly reader: BankReader
  readonly ports: Ports
  /** Transfers sent per second. */
  readonly perSecond: number
}

export interface LoadSummary {
  /** Transfers with an outcome: executed, or refused by a rule of the bank. */
  readonly transfers: number
  readonly perSecond: number
  /** Latency from command to outcome. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Sent, but without an outcome in time. */
  readonly pending: number
}

const OWNER = 'load-generator'
const ACCOUNTS = 40
const FIRST_ACCOUNT = 500_000_000
const FIRST_DEPOSIT = 50_000n
const LARGEST_AMOUNT = 500
const PACE_MS = 4
/** Transfers in flight while a number of them is ordered as fast as possible. */
const IN_FLIGHT = 400
/** Share of transfers to the bank's own account, and again from it, so that the first page has something to show. */
const COMPANY_SHARE = 0.15

interface Account {
  readonly iban: string
  readonly username: string
  readonly token: string
}

/** Clients that keep sending each other small amounts. Their command ids are fixed, so a restart finds the same accounts again. */
export class LoadGenerator {
  readonly #options: LoadOptions
  readonly #accounts: readonly Account[]
  readonly #company: Account
  readonly #latency = new LatencyHistogram()
  readonly #inFlight = new Set<Promise<void>>()
  #pending = 0
  #startedAt = 0
  #seconds = 0
  #stopped = false
  #running: Promise<void> | undefined

  private constructor(options: LoadOptions, accounts: readonly Account[], company: Account) {
    this.#options = options
    this.#accounts = accounts
    this.#company = company
  }

  /** Resolves when every account exists and has money. */
  static async open(options: LoadOptions): Promise<LoadGenerator> {
    const { bus, ports } = options
    await bus.send({ type: 'CreateUserAccount', id: 'load-generator', username: OWNER, passwordHash: NO_PASSWORD })
    const accounts = await Promise.all(
      Array.from({ length: ACCOUNTS }, async (_, number) => {
        const iban = ownIban(FIRST_ACCOUNT + number)
        await bus.send({ type: 'CreateBankAccount', id: `load-account-${number}`, iban, username: OWNER })
        const account = { iban, username: OWNER, token: await tokenOf(options, iban, OWNER) }
        const deposit = { from: CASH, to: iban, amount: FIRST_DEPOSIT, description: 'Deposit', username: OWNER, token: '' }
        await bus.send({ type: 'MoneyTransfer', id: `load-deposit-${number}`, ...deposit })
        return account
      }),
    )
    const token = await tokenOf(options, COMPANY_IBAN, COMPANY_OWNER)
    ports.logger.debug('load generator ready', { accounts: accounts.length })
    return new LoadGenerator(options, accounts, { iban: COMPANY_IBAN, username: COMPANY_OWNER, token })
  }

  start(): void {
    this.#startedAt = this.#options.ports.clock.monotonic()
    this.#running = this.#run()
  }

  /** Resolves when every transfer sent has an outcome or has timed out. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.#seconds = (this.#options.ports.clock.monotonic() - this.#startedAt) / 1_000
    await Promise.all(this.#inFlight)
  }

  /** Orders a number of transfers as fast as the bank takes them. Resolves when each has an outcome or has timed out. */
  async order(transfers: number): Promise<void> {
    let sent = 0
    const orderNext = async (): Promise<void> => {
      while (sent++ < transfers) await this.#order()
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, orderNext))
  }

  summary(): LoadSummary {
    const { count } = this.#latency
    return {
      transfers: count,
      perSecond: this.#seconds === 0 ? 0 : rounded(count / this.#seconds),
      p50Ms: rounded(this.#latency.percentile(0.5)),
      p99Ms: rounded(this.#latency.percentile(0.99)),
      pending: this.#pending,
    }
  }

  async #run(): Promise<void> {
    const { clock, timers } = this.#options.ports
    const { perSecond } = this.#options
    for (let sent = 0; !this.#stopped;) {
      const due = Math.floor(((clock.monotonic() - this.#startedAt) / 1_000) * perSecond)
      for (; sent < due; sent++) void this.#order()
      await timers.sleep(PACE_MS)
    }
  }

  #order(): Promise<void> {
    const { random } = this.#options.ports
    const place = random.next()
    const client = this.#pick()
    const [from, to] =
      place < COMPANY_SHARE ? [this.#company, client] : place < 2 * COMPANY_SHARE ? [client, this.#company] : [client, this.#pick(client)]
    const amount = BigInt(1 + Math.floor(random.next() * LARGEST_AMOUNT))
    const answered = this.#send(from, to.iban, amount).finally(() => this.#inFlight.delete(answered))
    this.#inFlight.add(answered)
    return answered
  }

  async #send({ iban, username, token }: Account, to: string, amount: bigint): Promise<void> {
    const { bus, ports } = this.#options
    const sentAt = ports.clock.monotonic()
    const order = { id: ports.random.uuid(), from: iban, to, amount, description: 'Generated', username, token }
    const { type } = await bus.send({ type: 'MoneyTransfer', ...order })
    if (type === 'pending') this.#pending += 1
    else this.#latency.record(ports.clock.monotonic() - sentAt)
  }

  #pick(other?: Account): Account {
    const { random } = this.#options.ports
    for (;;) {
      const account = this.#accounts[Math.floor(random.next() * this.#accounts.length)]
      if (account !== undefined && account !== other) return account
    }
  }
}

/** Polls, because the store that holds the token may lag behind the outcome. */
async function tokenOf({ reader, ports }: LoadOptions, iban: string, owner: string): Promise<string> {
  for (;;) {
    const token = await reader.ownerToken(iban, owner)
    if (token !== undefined) return token
    await ports.timers.sleep(PACE_MS)
  }
}

function rounded(number: number): number
function rounded(number: number | undefined): number | null
function rounded(number: number | undefined): number | null {
  return number === undefined ? null : Math.round(number * 10) / 10
}
