import {
  EmbeddedRegistry,
  RecordCodec,
  type AlertRaised,
  type Outcome,
  type Records,
  type TransactionRow,
  type TransferView,
} from '../../schemas/index.ts'
import { TopologyTestDriver, type TestOutput } from '../../topology/testing/index.ts'
import { bankTopology } from '../bank-topology.ts'
import type { AccountEvent } from '../domain/account/evolve.ts'
import { CASH, ownIban } from '../domain/iban.ts'
import type { TransferEvent } from '../domain/transfer/transfer.ts'
import { TOPICS } from '../topics.ts'

export const ANNE = ownIban(1)
export const BERT = ownIban(2)
export const ELSEWHERE = 'DE02100100109307118603'
/** Default deadline of commands, in milliseconds since the epoch; the clock starts at 0. */
export const LATER = 1_000_000
export const FIRST_TOKEN = '1'.padStart(20, '0')
export const SECOND_TOKEN = '2'.padStart(20, '0')

type Order = Omit<Records['MoneyTransfer'], 'type' | 'replyTo' | 'expectedVersion'>

/** Outputs of the bank since they were last taken. */
interface Taken {
  readonly outcomes: readonly Outcome[]
  /** As `<iban> <sequence> <direction> <amount> = <new balance>`. */
  readonly rows: readonly string[]
  readonly transferEvents: readonly TransferEvent['type'][]
}

/** The bank's whole topology on the test driver, with two accounts: Anne's with the first token and Bert's with the second. */
export class BankUnderTest {
  readonly driver: TopologyTestDriver
  readonly #outcomes: TestOutput<unknown, unknown>
  readonly #rows: TestOutput<unknown, unknown>
  readonly #accountEvents: TestOutput<unknown, unknown>
  readonly #transferEvents: TestOutput<unknown, unknown>
  readonly #views: TestOutput<unknown, unknown>
  readonly #alerts: TestOutput<unknown, unknown>

  private constructor(driver: TopologyTestDriver) {
    this.driver = driver
    this.#outcomes = driver.output(TOPICS.outcomes)
    this.#rows = driver.output(TOPICS.transactions)
    this.#accountEvents = driver.output(TOPICS.accountEvents)
    this.#transferEvents = driver.output(TOPICS.transferEvents)
    this.#views = driver.output(TOPICS.transfers)
    this.#alerts = driver.output(TOPICS.alerts)
  }

  static async open(): Promise<BankUnderTest> {
    let tokens = 0
    const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
    const newToken = (): string => String(++tokens).padStart(20, '0')
    const bank = new BankUnderTest(await TopologyTestDriver.open(bankTopology({ codec, newToken })))
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'CreateBankAccount', id: 'open-anne', iban: ANNE, username: 'anne' })
    await bank.send(TOPICS.accountCommands, BERT, { type: 'CreateBankAccount', id: 'open-bert', iban: BERT, username: 'bert' })
    await bank.taken()
    await bank.events()
    return bank
  }

  send(topic: string, key: string, command: object): Promise<void> {
    const head = { deadline: LATER, replyTo: 'me', expectedVersion: null }
    return this.driver.input(topic).pipe(key, { ...head, ...command }, 1)
  }

  /** Orders a transfer; by default of € 1 from Anne to Bert. */
  transfer(order: Partial<Order> & { readonly id: string }): Promise<void> {
    const defaults = { token: FIRST_TOKEN, amount: 100n, from: ANNE, to: BERT, description: 'rent', username: 'anne' }
    return this.send(TOPICS.transferCommands, order.id, { type: 'MoneyTransfer', ...defaults, ...order })
  }

  deposit(id: string, amount: bigint, to = ANNE): Promise<void> {
    return this.transfer({ id, amount, to, from: CASH })
  }

  async taken(): Promise<Taken> {
    const rows = await valuesOf<TransactionRow>(this.#rows)
    return {
      outcomes: await valuesOf<Outcome>(this.#outcomes),
      rows: rows.map((row) => `${row.iban} ${row.sequence} ${row.direction} ${row.amount} = ${row.newBalance}`),
      transferEvents: (await valuesOf<TransferEvent>(this.#transferEvents)).map(({ type }) => type),
    }
  }

  events(): Promise<readonly AccountEvent[]> {
    return valuesOf(this.#accountEvents)
  }

  views(): Promise<readonly TransferView[]> {
    return valuesOf(this.#views)
  }

  alerts(): Promise<readonly AlertRaised[]> {
    return valuesOf(this.#alerts)
  }
}

async function valuesOf<T>(output: TestOutput<unknown, unknown>): Promise<readonly T[]> {
  return (await output.read()).map(({ value }) => value as T)
}
