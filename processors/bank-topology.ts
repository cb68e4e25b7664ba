import type { MoneyTransfer, Outcome, RecordCodec, TransactionRow } from '../schemas/index.ts'
import { Serdes, Stores, StreamsBuilder, type KStream, type ProcessorContext, type Serde, type Topology } from '../topology/index.ts'
import { projectAccountsOfUser } from './accounts-of-user.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import { projectAlerts } from './alerts.ts'
import type { Answer } from './answers.ts'
import type { Account } from './domain/account/account.ts'
import { decideAccount, type AccountCommand } from './domain/account/decide.ts'
import { evolveAccount, type AccountEvent } from './domain/account/evolve.ts'
import { isStepCommandType } from './domain/transfer/steps.ts'
import type { User } from './domain/user/user.ts'
import type { AccountOutput, AnswerKind, TransferOutput, UserOutput } from './output.ts'
import { RECORDS } from './records.ts'
import { RowProcessor } from './row-processor.ts'
import { stateSerde } from './state-serde.ts'
import { TOPICS, type TopicName } from './topics.ts'
import { TransferProcessor } from './transfer-processor.ts'
import type { StoredTransfer } from './transfer-view.ts'
import { projectTransfersInFlight } from './transfers-in-flight.ts'
import { projectTurnover } from './turnover.ts'
import { UserProcessor } from './user-processor.ts'

export interface BankOptions {
  readonly codec: RecordCodec
  /** 20 decimal digits from a cryptographic generator. */
  readonly newToken: () => string
}

const BALANCE_HISTORY_MS = 365 * 24 * 3_600_000

/** The whole bank: the write side of users, accounts and transfers, then the projections of account and transfer events. */
export function bankTopology({ codec, newToken }: BankOptions): Topology {
  const key = Serdes.string
  const on = <Name extends TopicName>(name: Name) => ({
    topic: TOPICS[name],
    key,
    value: codec.serde<(typeof RECORDS)[Name][number]>(...RECORDS[name]),
  })
  const builder = new StreamsBuilder()
  const read = <Name extends TopicName>(name: Name, nodeName: string) => present(builder.stream(TOPICS[name], on(name)), nodeName)

  const users = read('userCommands', 'user-command').process<string, UserOutput>((context) => new UserProcessor(context), {
    name: 'user',
    stores: [
      Stores.keyValue({ name: 'users', key, value: stateSerde<Stored<User>>() }),
      Stores.keyValue({ name: 'users-answers', key, value: stateSerde<Answer>() }),
    ],
  })
  route(users, {
    event: { name: 'user-event', ...on('userEvents') },
    outcome: { name: 'user-outcome', ...on('outcomes') },
    'account-command': { name: 'user-to-account', ...on('accountCommands') },
  })

  const accounts = read('accountCommands', 'account-command').process<string, AccountOutput>(
    (context) => accountProcessor(context, newToken),
    {
      name: 'account',
      stores: [
        Stores.keyValue({ name: 'accounts', key, value: stateSerde<Stored<Account>>() }),
        Stores.keyValue({ name: 'accounts-answers', key, value: stateSerde<Answer>() }),
      ],
    },
  )
  route(accounts, {
    event: { name: 'account-decided', ...on('accountEvents') },
    'step-answer': { name: 'account-step-answer', ...on('transferAnswers') },
    outcome: { name: 'account-outcome', ...on('outcomes') },
  })

  const orders = read('transferCommands', 'transfer-command')
  const answers = read('transferAnswers', 'step-answer')
  const transfers = orders
    .mapValues((order): TransferInput => order, { name: 'order' })
    .merge(
      answers.mapValues((answer): TransferInput => answer, { name: 'answer' }),
      { name: 'transfer-input' },
    )
    .process<string, TransferOutput>((context) => new TransferProcessor(context), {
      name: 'transfer',
      stores: [
        Stores.keyValue({ name: 'transfers', key, value: stateSerde<StoredTransfer>() }),
        Stores.keyValue({ name: 'transfers-waiting', key, value: Serdes.double }),
        Stores.keyValue({ name: 'transfers-stuck', key, value: Serdes.double }),
      ],
    })
  route(transfers, {
    event: { name: 'transfer-decided', ...on('transferEvents') },
    view: { name: 'transfer-view', ...on('transfers') },
    outcome: { name: 'transfer-outcome', ...on('outcomes') },
    'account-command': { name: 'transfer-step', ...on('accountCommands') },
  })

  const events = read('accountEvents', 'account-event')
  const rows = events.processValues<TransactionRow>((context) => new RowProcessor(context), {
    name: 'row',
    stores: [
      Stores.keyValue({ name: 'last-rows', key, value: codec.serde('TransactionRow') }),
      Stores.keyValue({ name: 'rows', key, value: codec.serde('TransactionRow') }),
      Stores.versioned({ name: 'balances', key, value: Serdes.bigint, historyMs: BALANCE_HISTORY_MS }),
    ],
  })
  rows.to(TOPICS.transactions, on('transactions'))
  projectAlerts(events, rows).to(TOPICS.alerts, on('alerts'))
  projectTurnover(events)
  projectAccountsOfUser(events, codec)
  projectTransfersInFlight(read('transferEvents', 'transfer-event'), codec)
  return builder.build()
}

type TransferInput = MoneyTransfer | Outcome

function accountProcessor(
  context: ProcessorContext<string, AccountOutput>,
  newToken: () => string,
): AggregateProcessor<Account, AccountCommand, AccountEvent, AnswerKind> {
  return new AggregateProcessor<Account, AccountCommand, AccountEvent, AnswerKind>(context, {
    store: 'accounts',
    decide: (account, command, now) => decideAccount(account, command, { newToken, now }),
    evolve: evolveAccount,
    placed: (fact, head) => ({ ...fact, ...head }),
    answerKind: ({ type }) => (isStepCommandType(type) ? 'step-answer' : 'outcome'),
  })
}

/** Drops records without a value: the bank deletes nothing by tombstones. */
function present<V>(stream: KStream<string, V | null>, name: string): KStream<string, V> {
  return stream.filter((value): value is V & (V | null) => value !== null, { name })
}

interface Message {
  readonly kind: string
  readonly record: object
}

type Routes<M extends Message> = {
  readonly [Kind in M['kind']]: {
    readonly name: string
    readonly topic: string
    readonly key: Serde<string>
    readonly value: Serde<(M & { readonly kind: Kind })['record']>
  }
}

/** Sends each kind of output to its topic. A kind without a route does not compile, because its records would be lost. */
function route<M extends Message>(stream: KStream<string, M>, routes: Routes<M>): void {
  for (const kind of Object.keys(routes) as M['kind'][]) {
    const { name, topic, key, value } = routes[kind]
    stream
      .flatMapValues((output) => (output.kind === kind ? [output.record as (M & { readonly kind: typeof kind })['record']] : []), { name })
      .to(topic, { key, value })
  }
}
