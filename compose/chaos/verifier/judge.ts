import type { PlainRecord } from './avro-reader.ts'

/** A transfer as the client knows it. */
export interface KnownTransfer {
  readonly id: string
  readonly isAcknowledged: boolean
}

/** A record of a topic; records of one key are in their order. */
export interface TopicRecord extends PlainRecord {
  readonly key: string
}

export const JUDGED_TOPICS = [
  'bank-user-events',
  'bank-account-events',
  'bank-transfer-events',
  'bank-transfer-commands',
  'bank-outcomes',
  'bank-transactions',
  'bank-account-commands',
  'bank-transfer-answers',
  'bank-transfers',
  'bank-alerts',
] as const

export type JudgedTopic = (typeof JUDGED_TOPICS)[number]

export interface Evidence {
  recordsOf(topic: JudgedTopic): readonly TopicRecord[]
  readonly hangingTransactions: number
  readonly deadLetters: number
  readonly transfers: readonly KnownTransfer[]
}

export interface Verdict {
  readonly commands: number
  /** Transfers that were acknowledged but not completed. */
  readonly lost: number
  /** Transfers that moved money more than once. */
  readonly doubled: number
  readonly booksBalanced: boolean
  readonly hangingTransactions: number
  /** All contradictions found, in words. */
  readonly faults: readonly string[]
}

/** IBANs of this bank. */
const OWN = /^NL\d{2}OPEN/

/** Checks the bank's rules over the complete topics of a stopped bank. */
export function judge({ recordsOf, hangingTransactions, deadLetters, transfers }: Evidence): Verdict {
  const faults: string[] = []
  const accounts = recordsOf('bank-account-events')
  const sagas = recordsOf('bank-transfer-events')
  const orders = recordsOf('bank-transfer-commands')
  for (const events of [recordsOf('bank-user-events'), accounts, sagas]) checkVersions(events, faults)
  checkRows(recordsOf('bank-transactions'), fold(accounts, faults), faults)
  const moved = checkTransfers(accounts, sagas, faults)
  checkOutcomes(orders, recordsOf('bank-outcomes'), faults)
  if (deadLetters > 0) faults.push(`there are ${deadLetters} dead letters`)
  if (hangingTransactions > 0) faults.push(`there are ${hangingTransactions} hanging transactions`)
  const completed = new Set(sagas.filter(({ name }) => name === 'TransferCompleted').map(({ key }) => key))
  return {
    commands: new Set(orders.map(({ fields }) => fields.id)).size,
    lost: transfers.filter(({ id, isAcknowledged }) => isAcknowledged && !completed.has(id)).length,
    doubled: moved.doubled,
    booksBalanced: moved.isBalanced,
    hangingTransactions,
    faults,
  }
}

/** Versions of each aggregate are contiguous from 1; no command produced the same event twice. */
function checkVersions(events: readonly TopicRecord[], faults: string[]): void {
  const versions = new Map<string, number>()
  const seen = new Set<string>()
  for (const { key, name, fields } of events) {
    const expected = (versions.get(key) ?? 0) + 1
    if (fields.version !== expected) faults.push(`${name} of ${key} has version ${String(fields.version)} instead of ${expected}`)
    versions.set(key, expected)
    const event = `${key} ${name} ${String(fields.command)}`
    if (seen.has(event)) faults.push(`command ${String(fields.command)} produced two ${name} events of ${key}`)
    seen.add(event)
  }
}

const CHANGES: Readonly<Record<string, bigint>> = { MoneyDebited: -1n, MoneyCredited: 1n, MoneyReturned: 1n }

function changeOf({ name, fields }: PlainRecord): bigint | undefined {
  const sign = CHANGES[name]
  return sign === undefined ? undefined : sign * (fields.amount as bigint)
}

/** Balances of each account after each of its movements, computed from the events alone. */
function fold(accounts: readonly TopicRecord[], faults: string[]): ReadonlyMap<string, readonly bigint[]> {
  const balances = new Map<string, bigint[]>()
  for (const event of accounts) {
    const change = changeOf(event)
    if (change === undefined) continue
    const known = balances.get(event.key) ?? []
    const balance = (known.at(-1) ?? 0n) + change
    known.push(balance)
    balances.set(event.key, known)
    if (event.fields.balance !== balance)
      faults.push(`${event.key} has balance ${String(event.fields.balance)}, but its events add up to ${balance}`)
  }
  return balances
}

/** The published rows are those that follow from the events, in order, each once. */
function checkRows(rows: readonly TopicRecord[], balances: ReadonlyMap<string, readonly bigint[]>, faults: string[]): void {
  const count = new Map<string, number>()
  for (const { key, fields } of rows) {
    const at = count.get(key) ?? 0
    count.set(key, at + 1)
    if (fields.sequence !== at + 1 || fields.newBalance !== balances.get(key)?.[at])
      faults.push(`row ${at + 1} of ${key} has sequence ${String(fields.sequence)} and balance ${String(fields.newBalance)}`)
  }
  for (const [key, { length }] of balances)
    if (count.get(key) !== length) faults.push(`${key} has ${count.get(key) ?? 0} rows for ${length} changes`)
}

/** Each transfer ends once; a completed one moved its money once, a failed one moved none or returned it. */
function checkTransfers(
  accounts: readonly TopicRecord[],
  sagas: readonly TopicRecord[],
  faults: string[],
): { readonly doubled: number; readonly isBalanced: boolean } {
  const moves = new Map<string, TopicRecord[]>()
  for (const event of accounts) {
    if (changeOf(event) === undefined) continue
    const id = String(event.fields.transferId)
    const known = moves.get(id)
    if (known === undefined) moves.set(id, [event])
    else known.push(event)
  }
  const ends = new Map<string, string[]>()
  for (const { key, name } of sagas) if (name !== 'TransferStarted') ends.set(key, [...(ends.get(key) ?? []), name])
  for (const { key, name } of sagas)
    if (name === 'TransferStarted' && ends.get(key)?.length !== 1) faults.push(`transfer ${key} ended ${ends.get(key)?.length ?? 0} times`)
  let doubled = 0
  let difference = 0n
  for (const [id, events] of moves) {
    const count = (name: string): number => events.filter((event) => event.name === name).length
    if (['MoneyDebited', 'MoneyCredited', 'MoneyReturned'].some((name) => count(name) > 1)) doubled++
    const end = ends.get(id)?.[0]
    const isInside = events.every(({ fields }) => OWN.test(String(fields.counterparty)))
    const sum = events.reduce((total, event) => total + (changeOf(event) ?? 0n), 0n)
    if (isInside) difference += sum
    const isComplete = count('MoneyDebited') === 1 && count('MoneyCredited') === 1 && count('MoneyReturned') === 0
    if (end === 'TransferCompleted' && isInside && !isComplete)
      faults.push(`transfer ${id} was completed with ${events.map(({ name }) => name).join(', ')}`)
    if (end === 'TransferFailed' && sum !== 0n) faults.push(`transfer ${id} failed, but moved ${sum} cents`)
    if (end === undefined) faults.push(`transfer ${id} moved money and never ended`)
  }
  return { doubled, isBalanced: difference === 0n }
}

/** Every command has an outcome, and repeated outcomes are equal. */
function checkOutcomes(orders: readonly TopicRecord[], outcomes: readonly TopicRecord[], faults: string[]): void {
  const outcomeOf = new Map<string, string>()
  for (const { name, fields } of outcomes) {
    const command = String(fields.command)
    const outcome = `${name} ${String(fields.code ?? fields.version)}`
    const before = outcomeOf.get(command)
    if (before !== undefined && before !== outcome) faults.push(`command ${command} has the outcomes ${before} and ${outcome}`)
    outcomeOf.set(command, outcome)
  }
  for (const id of new Set(orders.map(({ fields }) => String(fields.id))))
    if (!outcomeOf.has(id)) faults.push(`command ${id} has no outcome`)
}
