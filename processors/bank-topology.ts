import type {
  MoneyCredited,
  MoneyDebited,
  MoneyReturned,
  MoneyTransfer,
  RecordCodec,
  RecordName,
  TransactionRow,
} from '../schemas/index.ts'
import { Serdes, Stores, StreamsBuilder, tumbling, type KStream, type Topology } from '../topology/index.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import type { Answer, Outcome } from './answers.ts'
import type { Account } from './domain/account/account.ts'
import { decideAccount, type AccountCommand } from './domain/account/decide.ts'
import { evolveAccount, type AccountEvent } from './domain/account/evolve.ts'
import type { User } from './domain/user/user.ts'
import type { BankEvent, Output } from './output.ts'
import { RowProcessor } from './row-processor.ts'
import { stateSerde } from './state-serde.ts'
import { TOPICS } from './topics.ts'
import { TransferProcessor, type StoredTransfer } from './transfer-processor.ts'
import { UserProcessor } from './user-processor.ts'

export interface BankOptions {
  readonly codec: RecordCodec
  /** 20 decimal digits from a cryptographic generator. */
  readonly newToken: () => string
}

/** Debits and credits of an account within an hour, in cents. */
export interface Turnover {
  readonly debits: bigint
  readonly credits: bigint
  readonly count: number
}

const HOUR_MS = 3_600_000
const HISTORY_MS = 365 * 24 * HOUR_MS
const NO_TURNOVER: Turnover = { debits: 0n, credits: 0n, count: 0 }

/** The whole bank: commands go in on the left of each paragraph, what follows from them goes out on the right. */
export function bankTopology({ codec, newToken }: BankOptions): Topology {
  const key = Serdes.string
  const of = <Name extends RecordName>(...names: Name[]) => ({ key, value: codec.serde(...names) })
  const userCommands = of('CreateUserAccount', 'AddUserToBankAccount')
  const accountCommands = of(
    'CreateBankAccount',
    'AddUserToBankAccount',
    'RemoveUserFromBankAccount',
    'DebitMoney',
    'CreditMoney',
    'ReturnMoney',
    'UpdateAlertSettings',
  )
  const accountEvents = of(
    'BankAccountCreated',
    'UserAddedToBankAccount',
    'UserRemovedFromBankAccount',
    'MoneyDebited',
    'MoneyCredited',
    'MoneyReturned',
    'AlertSettingsUpdated',
  )
  const outcomes = of('CommandSucceeded', 'CommandFailed')
  const builder = new StreamsBuilder()

  const users = present(builder.stream(TOPICS.userCommands, userCommands)).process<string, Output>(() => new UserProcessor(), {
    name: 'user',
    stores: [
      Stores.keyValue({ name: 'users', key, value: stateSerde<Stored<User>>() }),
      Stores.keyValue({ name: 'users-answers', key, value: stateSerde<Answer>() }),
    ],
  })
  eventsOf(users).to(TOPICS.userEvents, of('UserAccountCreated'))
  outcomesOf(users).to(TOPICS.outcomes, outcomes)
  commandsOf(users).to(TOPICS.accountCommands, accountCommands)

  const accounts = present(builder.stream(TOPICS.accountCommands, accountCommands)).process<string, Output>(
    () => accountProcessor(newToken),
    {
      name: 'account',
      stores: [
        Stores.keyValue({ name: 'accounts', key, value: stateSerde<Stored<Account>>() }),
        Stores.keyValue({ name: 'accounts-answers', key, value: stateSerde<Answer>() }),
      ],
    },
  )
  eventsOf(accounts).to(TOPICS.accountEvents, accountEvents)
  outcomesOf(accounts).filter(isStepAnswer).to(TOPICS.transferAnswers, outcomes)
  outcomesOf(accounts).filterNot(isStepAnswer).to(TOPICS.outcomes, outcomes)

  const orders = present(builder.stream(TOPICS.transferCommands, of('MoneyTransfer')))
  const answers = present(builder.stream(TOPICS.transferAnswers, outcomes))
  const transfers = orders
    .mapValues((order): TransferInput => order)
    .merge(answers.mapValues((answer): TransferInput => answer))
    .process<string, Output>(() => new TransferProcessor(), {
      name: 'transfer',
      stores: [
        Stores.keyValue({ name: 'transfers', key, value: stateSerde<StoredTransfer>() }),
        Stores.keyValue({ name: 'transfers-waiting', key, value: Serdes.double }),
      ],
    })
  eventsOf(transfers).to(TOPICS.transferEvents, of('TransferStarted', 'TransferCompleted', 'TransferFailed'))
  outcomesOf(transfers).to(TOPICS.outcomes, outcomes)
  commandsOf(transfers).to(TOPICS.accountCommands, accountCommands)

  const events = present(builder.stream(TOPICS.accountEvents, accountEvents))
  const rows = events.process<string, TransactionRow>(() => new RowProcessor(), {
    name: 'row',
    stores: [
      Stores.keyValue({ name: 'row-heads', key, value: Serdes.long }),
      Stores.keyValue({ name: 'rows', key, value: codec.serde('TransactionRow') }),
      Stores.versioned({ name: 'balances', key, value: Serdes.bigint, historyMs: HISTORY_MS }),
    ],
  })
  rows.to(TOPICS.transactions, of('TransactionRow'))
  events
    .filter(movesMoney)
    .groupByKey()
    .windowedBy(tumbling({ sizeMs: HOUR_MS, graceMs: HOUR_MS }))
    .aggregate(() => NO_TURNOVER, withTurnover, { name: 'turnover-by-hour', key, value: stateSerde<Turnover>() })
  return builder.build()
}

type TransferInput = MoneyTransfer | Outcome
type MoneyEvent = MoneyDebited | MoneyCredited | MoneyReturned

function accountProcessor(newToken: () => string): AggregateProcessor<Account, AccountCommand, AccountEvent> {
  return new AggregateProcessor<Account, AccountCommand, AccountEvent>({
    store: 'accounts',
    decide: (account, command) => decideAccount(account, command, { newToken }),
    evolve: evolveAccount,
    placed: (fact, head) => ({ ...fact, ...head }),
  })
}

/** Nothing of the bank's is deleted by a record without a value. */
function present<V>(stream: KStream<string, V | null>): KStream<string, V> {
  return stream.filter((value): value is V & (V | null) => value !== null)
}

function eventsOf(stream: KStream<string, Output>): KStream<string, BankEvent> {
  return stream.filter((output) => output.kind === 'event').mapValues(({ event }) => event)
}

function outcomesOf(stream: KStream<string, Output>): KStream<string, Outcome> {
  return stream.filter((output) => output.kind === 'outcome').mapValues(({ outcome }) => outcome)
}

function commandsOf(stream: KStream<string, Output>): KStream<string, AccountCommand> {
  return stream.filter((output) => output.kind === 'account-command').mapValues(({ command }): AccountCommand => command)
}

/** Steps have ids made of the transfer's and the step's name; the answer goes to the transfer. */
function isStepAnswer({ command }: Outcome): boolean {
  return command.includes('/')
}

function movesMoney(event: AccountEvent): event is MoneyEvent {
  return event.type === 'MoneyDebited' || event.type === 'MoneyCredited' || event.type === 'MoneyReturned'
}

function withTurnover(turnover: Turnover, { type, amount }: MoneyEvent): Turnover {
  const { debits, credits, count } = turnover
  if (type === 'MoneyDebited') return { debits: debits + amount, credits, count: count + 1 }
  return { debits, credits: credits + amount, count: count + 1 }
}
