import type { MoneyTransfer, RecordCodec, RecordName, TransactionRow, TransferView } from '../schemas/index.ts'
import { Serdes, Stores, StreamsBuilder, type KStream, type Topology } from '../topology/index.ts'
import { drawAccountsOfUser } from './accounts-of-user.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import { drawAlerts } from './alerts.ts'
import type { Answer, Outcome } from './answers.ts'
import type { Account } from './domain/account/account.ts'
import { decideAccount, type AccountCommand } from './domain/account/decide.ts'
import { evolveAccount, type AccountEvent } from './domain/account/evolve.ts'
import type { User } from './domain/user/user.ts'
import type { BankEvent, Output } from './output.ts'
import { RECORDS } from './records.ts'
import { RowProcessor } from './row-processor.ts'
import { stateSerde } from './state-serde.ts'
import { TOPICS } from './topics.ts'
import { TransferProcessor } from './transfer-processor.ts'
import type { StoredTransfer } from './transfer-view.ts'
import { drawTransfersInFlight } from './transfers-in-flight.ts'
import { drawTurnover } from './turnover.ts'
import { UserProcessor } from './user-processor.ts'

export interface BankOptions {
  readonly codec: RecordCodec
  /** 20 decimal digits from a cryptographic generator. */
  readonly newToken: () => string
}

const BALANCES_KEPT_MS = 365 * 24 * 3_600_000

/** The whole bank: commands go in on the left of each paragraph, what follows from them goes out on the right. */
export function bankTopology({ codec, newToken }: BankOptions): Topology {
  const key = Serdes.string
  const of = <Name extends RecordName>(...names: Name[]) => ({ key, value: codec.serde(...names) })
  const accountCommands = of(...RECORDS.accountCommands)
  const accountEvents = of(...RECORDS.accountEvents)
  const transferEvents = of(...RECORDS.transferEvents)
  const outcomes = of(...RECORDS.outcomes)
  const builder = new StreamsBuilder()

  const users = present(builder.stream(TOPICS.userCommands, of(...RECORDS.userCommands)), 'user-command').process<string, Output>(
    () => new UserProcessor(),
    {
      name: 'user',
      stores: [
        Stores.keyValue({ name: 'users', key, value: stateSerde<Stored<User>>() }),
        Stores.keyValue({ name: 'users-answers', key, value: stateSerde<Answer>() }),
      ],
    },
  )
  eventsOf(users, 'user-event').to(TOPICS.userEvents, of(...RECORDS.userEvents))
  outcomesOf(users, 'user-outcome').to(TOPICS.outcomes, outcomes)
  commandsOf(users, 'user-to-account').to(TOPICS.accountCommands, accountCommands)

  const accounts = present(builder.stream(TOPICS.accountCommands, accountCommands), 'account-command').process<string, Output>(
    () => accountProcessor(newToken),
    {
      name: 'account',
      stores: [
        Stores.keyValue({ name: 'accounts', key, value: stateSerde<Stored<Account>>() }),
        Stores.keyValue({ name: 'accounts-answers', key, value: stateSerde<Answer>() }),
      ],
    },
  )
  eventsOf(accounts, 'account-decided').to(TOPICS.accountEvents, accountEvents)
  stepAnswersOf(accounts, 'account-step-answer').to(TOPICS.transferAnswers, of(...RECORDS.transferAnswers))
  outcomesOf(accounts, 'account-outcome').to(TOPICS.outcomes, outcomes)

  const orders = present(builder.stream(TOPICS.transferCommands, of(...RECORDS.transferCommands)), 'transfer-command')
  const answers = present(builder.stream(TOPICS.transferAnswers, of(...RECORDS.transferAnswers)), 'step-answer')
  const transfers = orders
    .mapValues((order): TransferInput => order, { name: 'order' })
    .merge(
      answers.mapValues((answer): TransferInput => answer, { name: 'answer' }),
      { name: 'transfer-input' },
    )
    .process<string, Output>(() => new TransferProcessor(), {
      name: 'transfer',
      stores: [
        Stores.keyValue({ name: 'transfers', key, value: stateSerde<StoredTransfer>() }),
        Stores.keyValue({ name: 'transfers-waiting', key, value: Serdes.double }),
        Stores.keyValue({ name: 'transfers-stuck', key, value: Serdes.double }),
      ],
    })
  eventsOf(transfers, 'transfer-decided').to(TOPICS.transferEvents, transferEvents)
  viewsOf(transfers, 'transfer-view').to(TOPICS.transfers, of(...RECORDS.transfers))
  outcomesOf(transfers, 'transfer-outcome').to(TOPICS.outcomes, outcomes)
  commandsOf(transfers, 'transfer-step').to(TOPICS.accountCommands, accountCommands)

  const events = present(builder.stream(TOPICS.accountEvents, accountEvents), 'account-event')
  const rows = events.processValues<TransactionRow>(() => new RowProcessor(), {
    name: 'row',
    stores: [
      Stores.keyValue({ name: 'last-rows', key, value: codec.serde('TransactionRow') }),
      Stores.keyValue({ name: 'rows', key, value: codec.serde('TransactionRow') }),
      Stores.versioned({ name: 'balances', key, value: Serdes.bigint, historyMs: BALANCES_KEPT_MS }),
    ],
  })
  rows.to(TOPICS.transactions, of(...RECORDS.transactions))
  drawAlerts(events, rows).to(TOPICS.alerts, of(...RECORDS.alerts))
  drawTurnover(events)
  drawAccountsOfUser(events, codec.serde('BankAccountCreated', 'UserAddedToBankAccount', 'UserRemovedFromBankAccount'))

  drawTransfersInFlight(present(builder.stream(TOPICS.transferEvents, transferEvents), 'transfer-event'), {
    started: codec.serde('TransferStarted'),
    ended: codec.serde('TransferCompleted', 'TransferFailed'),
  })
  return builder.build()
}

type TransferInput = MoneyTransfer | Outcome

const STEPS: readonly AccountCommand['type'][] = ['DebitMoney', 'CreditMoney', 'ReturnMoney']

function accountProcessor(newToken: () => string): AggregateProcessor<Account, AccountCommand, AccountEvent> {
  return new AggregateProcessor<Account, AccountCommand, AccountEvent>({
    store: 'accounts',
    decide: (account, command, now) => decideAccount(account, command, { newToken, now }),
    evolve: evolveAccount,
    placed: (fact, head) => ({ ...fact, ...head }),
    isStep: ({ type }) => STEPS.includes(type),
  })
}

/** Nothing of the bank's is deleted by a record without a value. */
function present<V>(stream: KStream<string, V | null>, name: string): KStream<string, V> {
  return stream.filter((value): value is V & (V | null) => value !== null, { name })
}

function eventsOf(stream: KStream<string, Output>, name: string): KStream<string, BankEvent> {
  return stream.flatMapValues((output) => (output.kind === 'event' ? [output.event] : []), { name })
}

function outcomesOf(stream: KStream<string, Output>, name: string): KStream<string, Outcome> {
  return stream.flatMapValues((output) => (output.kind === 'outcome' ? [output.outcome] : []), { name })
}

function stepAnswersOf(stream: KStream<string, Output>, name: string): KStream<string, Outcome> {
  return stream.flatMapValues((output) => (output.kind === 'step-answer' ? [output.outcome] : []), { name })
}

function viewsOf(stream: KStream<string, Output>, name: string): KStream<string, TransferView> {
  return stream.flatMapValues((output) => (output.kind === 'view' ? [output.view] : []), { name })
}

function commandsOf(stream: KStream<string, Output>, name: string): KStream<string, AccountCommand> {
  return stream.flatMapValues((output): AccountCommand[] => (output.kind === 'account-command' ? [output.command] : []), { name })
}
