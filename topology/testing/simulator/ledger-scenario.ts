import { Serdes, Stores } from '../../../state/index.ts'
import type { KeyValueStore, Serde } from '../../../state/index.ts'
import { partitionOf } from '../../broker/index.ts'
import type { TopicSpec } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Processor, ProcessorContext } from '../../processor.ts'
import type { Logs, Scenario, Stimulus } from './scenario.ts'
import { deadLetterTopic } from '../../topics/index.ts'
import type { SeededRandom } from './seeded-random.ts'

interface Command {
  readonly id: string
  readonly account: string
  readonly amount: number
  /** For a transfer: the account to credit after this one has been debited. */
  readonly to?: string
}

interface Account {
  readonly balance: number
  readonly version: number
  readonly answered: readonly string[]
}

interface LedgerEvent {
  readonly command: string
  readonly account: string
  readonly amount: number
  readonly version: number
}

type Output =
  | { readonly kind: 'event'; readonly event: LedgerEvent }
  | { readonly kind: 'outcome'; readonly id: string }
  | { readonly kind: 'command'; readonly command: Command }

const APPLICATION = 'ledger'
const PARTITIONS = 2
const ACCOUNTS = 4
const COMMANDS = 'ledger-commands'
const EVENTS = 'ledger-events'
const OUTCOMES = 'ledger-outcomes'
const BALANCES = 'ledger-balances'
/** Each note gets one receipt, without any state, so that this topic can grow. */
const NOTES = 'ledger-notes'
const RECEIPTS = 'ledger-receipts'
const DEAD_LETTERS = deadLetterTopic(APPLICATION)
/** Accounts whose records fail: their bytes are no command, the processor throws, or their event cannot be written. */
const FAILING = ['unreadable', 'poison', 'unwritable'] as const
const command = Serdes.json<Command>()
const json = Serdes.json<LedgerEvent>()
const event: Serde<LedgerEvent> = {
  serialize: (value) => {
    if (value.account === 'unwritable') throw new RangeError('This event cannot be written.')
    return json.serialize(value)
  },
  deserialize: (bytes) => json.deserialize(bytes),
}
const OPENING: Account = { balance: 0, version: 0, answered: [] }

/**
 * A small ledger that depends on the engine's guarantees. Commands keyed by account update a store and emit events and outcomes in the
 * same transaction; a transfer debits one account and credits another through a second command; a projection folds the events
 * downstream of a repartition. Some records fail and must become dead letters. Notes come in on a topic that grows.
 */
export const ledgerScenario: Scenario = {
  applicationId: APPLICATION,
  topics: [COMMANDS, EVENTS, OUTCOMES, BALANCES, NOTES, RECEIPTS, DEAD_LETTERS].map((name): TopicSpec => ({
    name,
    partitions: name === NOTES ? 1 : PARTITIONS,
    config: { 'retention.ms': '-1' },
  })),
  topology: buildLedgerTopology(),
  growing: { topic: NOTES, stimulus: note },
  stimuli,
  isAtRest: (logs) =>
    unanswered(logs).length === 0 &&
    foldedBalances(logs) === projectedBalances(logs) &&
    misplaced(logs).length === 0 &&
    unreceipted(logs).length === 0,
  violations,
}

function buildLedgerTopology(): Topology {
  const builder = new StreamsBuilder()
  const accounts = Stores.keyValue({ name: 'accounts', key: Serdes.string, value: Serdes.json<Account>() })
  const outputs = builder
    .stream(COMMANDS, { key: Serdes.string, value: command })
    .process<string, Output>(teller, { name: 'teller', stores: [accounts] })
  const outputsOf = <K extends Output['kind']>(kind: K) =>
    outputs.filter((output): output is Extract<Output, { kind: K }> => output.kind === kind)
  outputsOf('event')
    .mapValues((output) => output.event)
    .to(EVENTS, { key: Serdes.string, value: event })
  outputsOf('outcome')
    .mapValues((output) => output.id)
    .to(OUTCOMES, { key: Serdes.string, value: Serdes.string })
  outputsOf('command')
    .mapValues((output) => output.command)
    .to(COMMANDS, { key: Serdes.string, value: command })
  builder
    .stream(EVENTS, { key: Serdes.string, value: event })
    .selectKey((value) => value?.account ?? '')
    .groupByKey({ name: 'by-account', key: Serdes.string, value: event })
    .aggregate(
      () => 0,
      (sum, value) => sum + (value?.amount ?? 0),
      { name: 'balances', key: Serdes.string, value: Serdes.double },
    )
    .toStream()
    .to(BALANCES, { key: Serdes.string, value: Serdes.double })
  builder.stream(NOTES, { key: Serdes.string, value: Serdes.string }).to(RECEIPTS, { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

/** Executes each command once: a repeated command changes nothing and gets no second outcome. */
function teller(context: ProcessorContext<string, Output>): Processor<string, Command | null, string, Output> {
  const accounts = context.store<KeyValueStore<string, Account>>('accounts')
  return {
    process: ({ key, value, timestamp }) => {
      if (key === 'poison') throw new TypeError('This command cannot be processed.')
      const account = accounts.get(key) ?? OPENING
      if (value === null || account.answered.includes(value.id)) return
      const version = account.version + 1
      accounts.put(key, { balance: account.balance + value.amount, version, answered: [...account.answered, value.id] }, timestamp)
      const forward = (output: Output, to = key): void => context.forward({ key: to, value: output, timestamp })
      forward({ kind: 'event', event: { command: value.id, account: key, amount: value.amount, version } })
      if (value.to !== undefined) {
        forward({ kind: 'command', command: { id: `${value.id}-credit`, account: value.to, amount: -value.amount } }, value.to)
      }
      forward({ kind: 'outcome', id: value.id })
    },
  }
}

function stimuli(random: SeededRandom): readonly Stimulus[] {
  const failing = FAILING.filter(() => random.chance(0.3)).map((account) => failingStimulus(account))
  const transfers = Array.from({ length: random.integer(2, 5) }, (_, number): Stimulus => {
    const from = random.integer(0, ACCOUNTS - 1)
    const to = (from + random.integer(1, ACCOUNTS - 1)) % ACCOUNTS
    const value: Command = { id: `c${number}`, account: `a${from}`, amount: -random.integer(1, 100), to: `a${to}` }
    const key = Serdes.string.serialize(value.account)
    return { topic: COMMANDS, partition: partitionOf(key, PARTITIONS), key, value: command.serialize(value) }
  })
  return [note(0), ...transfers.slice(0, 1), ...failing, ...transfers.slice(1)]
}

function note(partition: number): Stimulus {
  const key = Serdes.string.serialize(`note-${partition}`)
  return { topic: NOTES, partition, key, value: key }
}

function failingStimulus(account: (typeof FAILING)[number]): Stimulus {
  const key = Serdes.string.serialize(account)
  const value = account === 'unreadable' ? Buffer.from('{') : command.serialize({ id: account, account, amount: 0 })
  return { topic: COMMANDS, partition: partitionOf(key, PARTITIONS), key, value }
}

/** Records that fail must be dead letters, each once: clients may have sent them several times. */
function misplaced(logs: Logs): readonly string[] {
  return FAILING.flatMap((account) => {
    const [sent, letters] = [COMMANDS, DEAD_LETTERS].map(
      (topic) => logs.records(topic).filter(({ key }) => accountOf(key) === account).length,
    )
    return sent === letters ? [] : [`${sent} records of ${account} were sent, ${letters} of them are dead letters`]
  })
}

/** A client may have sent a note several times; each has a receipt of its own. */
function unreceipted(logs: Logs): readonly string[] {
  const [notes, receipts] = [NOTES, RECEIPTS].map((topic) => counted(logs.records(topic).map(({ key }) => accountOf(key))))
  return [...(notes ?? [])]
    .filter(([id, sent]) => receipts?.get(id) !== sent)
    .map(([id, sent]) => `${id} was sent ${sent} times and has ${receipts?.get(id) ?? 0} receipts`)
}

function accountOf(key: Uint8Array | null): string {
  return key === null ? '' : Serdes.string.deserialize(key)
}

function isFailing(key: Uint8Array | null): boolean {
  return FAILING.some((account) => account === accountOf(key))
}

function unanswered(logs: Logs): readonly string[] {
  const answered = new Set(logs.records(OUTCOMES).map(({ value }) => (value === null ? '' : Serdes.string.deserialize(value))))
  return [...new Set(commandsOf(logs).map(({ id }) => id))].filter((id) => !answered.has(id))
}

function violations(logs: Logs): readonly string[] {
  const found: string[] = []
  for (const [id, count] of counted(logs.records(OUTCOMES).map(({ value }) => (value === null ? '' : Serdes.string.deserialize(value))))) {
    if (count > 1) found.push(`command ${id} has ${count} outcomes`)
  }
  const events = eventsOf(logs)
  for (const [id, count] of counted(events.map((committed) => committed.command)))
    if (count > 1) found.push(`command ${id} has ${count} events`)
  const versions = new Map<string, number>()
  for (const { account, version } of events) {
    const expected = (versions.get(account) ?? 0) + 1
    if (version !== expected) found.push(`account ${account} has an event with version ${version}, expected ${expected}`)
    versions.set(account, version)
  }
  if (unanswered(logs).length > 0) found.push(`commands without an outcome: ${unanswered(logs).join(', ')}`)
  found.push(...misplaced(logs), ...unreceipted(logs))
  const sum = events.reduce((total, { amount }) => total + amount, 0)
  if (sum !== 0) found.push(`the amounts of all events sum to ${sum}, expected 0`)
  const folded = foldedBalances(logs)
  const projected = projectedBalances(logs)
  if (folded !== projected) found.push(`the projected balances are ${projected}, the events give ${folded}`)
  return found
}

function commandsOf(logs: Logs): readonly Command[] {
  return logs.records(COMMANDS).flatMap(({ key, value }) => (value === null || isFailing(key) ? [] : [command.deserialize(value)]))
}

function eventsOf(logs: Logs): readonly LedgerEvent[] {
  return logs.records(EVENTS).flatMap(({ value }) => (value === null ? [] : [event.deserialize(value)]))
}

function foldedBalances(logs: Logs): string {
  const balances = new Map<string, number>()
  for (const { account, amount } of eventsOf(logs)) balances.set(account, (balances.get(account) ?? 0) + amount)
  return shown(balances)
}

function projectedBalances(logs: Logs): string {
  const balances = new Map<string, number>()
  for (const { key, value } of logs.records(BALANCES)) {
    if (key !== null && value !== null) balances.set(Serdes.string.deserialize(key), Serdes.double.deserialize(value))
  }
  return shown(balances)
}

function shown(balances: ReadonlyMap<string, number>): string {
  return [...balances]
    .map(([account, balance]) => `${account}:${balance}`)
    .sort()
    .join(' ')
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}
