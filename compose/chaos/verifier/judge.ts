import type { PlainRecord } from './avro-reader.ts'

/** What clients know of their transfers. */
export interface KnownTransfer {
  readonly id: string
  readonly isAcknowledged: boolean
}

/** A record in its topic, those of one key in their order. */
export interface Placed extends PlainRecord {
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
  recordsOf(topic: JudgedTopic): readonly Placed[]
  readonly hangingTransactions: number
  /** Records that a step threw for, or that could not be read. */
  readonly deadLetters: number
  readonly transfers: readonly KnownTransfer[]
}

export interface Verdict {
  readonly commands: number
  /** Acknowledged, but not there. */
  readonly lost: number
  /** Moved more than once. */
  readonly doubled: number
  readonly booksBalanced: boolean
  readonly hangingTransactions: number
  /** Everything that does not fit together, in words. */
  readonly faults: readonly string[]
}

const OWN = /^NL\d{2}OPEN/

/** The bank's rules over what lies in its topics at rest. */
export function judge({ recordsOf, hangingTransactions, deadLetters, transfers }: Evidence): Verdict {
  const faults: string[] = []
  const accounts = recordsOf('bank-account-events')
  const sagas = recordsOf('bank-transfer-events')
  const orders = recordsOf('bank-transfer-commands')
  for (const events of [recordsOf('bank-user-events'), accounts, sagas]) checkVersions(events, faults)
  checkRows(recordsOf('bank-transactions'), fold(accounts, faults), faults)
  const moved = checkTransfers(accounts, sagas, faults)
  checkOutcomes(orders, recordsOf('bank-outcomes'), faults)
  if (deadLetters > 0) faults.push(`${deadLetters} records went to the dead letters`)
  if (hangingTransactions > 0) faults.push(`${hangingTransactions} transactions hang`)
  const done = new Set(sagas.filter(({ name }) => name === 'TransferCompleted').map(({ key }) => key))
  return {
    commands: new Set(orders.map(({ fields }) => fields.id)).size,
    lost: transfers.filter(({ id, isAcknowledged }) => isAcknowledged && !done.has(id)).length,
    doubled: moved.doubled,
    booksBalanced: moved.isBalanced,
    hangingTransactions,
    faults,
  }
}

/** Versions of each aggregate go 1, 2, 3; no command made the same event twice. */
function checkVersions(events: readonly Placed[], faults: string[]): void {
  const versions = new Map<string, number>()
  const made = new Set<string>()
  for (const { key, name, fields } of events) {
    const expected = (versions.get(key) ?? 0) + 1
    if (fields.version !== expected) faults.push(`${name} of ${key} has version ${String(fields.version)} instead of ${expected}`)
    versions.set(key, expected)
    const event = `${key} ${name} ${String(fields.command)}`
    if (made.has(event)) faults.push(`the command ${String(fields.command)} made two events ${name} of ${key}`)
    made.add(event)
  }
}

const CHANGES: Readonly<Record<string, bigint>> = { MoneyDebited: -1n, MoneyCredited: 1n, MoneyReturned: 1n }

function changeOf({ name, fields }: PlainRecord): bigint | undefined {
  const sign = CHANGES[name]
  return sign === undefined ? undefined : sign * (fields.amount as bigint)
}

/** Balances from the events alone, by account and version. */
function fold(accounts: readonly Placed[], faults: string[]): ReadonlyMap<string, readonly bigint[]> {
  const balances = new Map<string, bigint[]>()
  for (const event of accounts) {
    const change = changeOf(event)
    if (change === undefined) continue
    const known = balances.get(event.key) ?? []
    const balance = (known.at(-1) ?? 0n) + change
    known.push(balance)
    balances.set(event.key, known)
    if (event.fields.balance !== balance) faults.push(`${event.key} tells ${String(event.fields.balance)} where its events make ${balance}`)
  }
  return balances
}

/** The rows that were published are those that follow from the events, in their order, each once. */
function checkRows(rows: readonly Placed[], balances: ReadonlyMap<string, readonly bigint[]>, faults: string[]): void {
  const count = new Map<string, number>()
  for (const { key, fields } of rows) {
    const at = count.get(key) ?? 0
    count.set(key, at + 1)
    if (fields.sequence !== at + 1 || fields.newBalance !== balances.get(key)?.[at])
      faults.push(`row ${at + 1} of ${key} is number ${String(fields.sequence)} with ${String(fields.newBalance)}`)
  }
  for (const [key, of] of balances)
    if (count.get(key) !== of.length) faults.push(`${key} has ${count.get(key) ?? 0} rows for ${of.length} changes`)
}

/** Each transfer ends once; one that ended well moved its money once, one that failed moved none or gave it back. */
function checkTransfers(
  accounts: readonly Placed[],
  sagas: readonly Placed[],
  faults: string[],
): { readonly doubled: number; readonly isBalanced: boolean } {
  const moves = new Map<string, Placed[]>()
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
    if (name === 'TransferStarted' && ends.get(key)?.length !== 1)
      faults.push(`the transfer ${key} ended ${ends.get(key)?.length ?? 0} times`)
  let doubled = 0
  let underWay = 0n
  for (const [id, events] of moves) {
    const of = (name: string): number => events.filter((event) => event.name === name).length
    if (['MoneyDebited', 'MoneyCredited', 'MoneyReturned'].some((name) => of(name) > 1)) doubled++
    const end = ends.get(id)?.[0]
    const isInside = events.every(({ fields }) => OWN.test(String(fields.counterparty)))
    const sum = events.reduce((total, event) => total + (changeOf(event) ?? 0n), 0n)
    if (isInside) underWay += sum
    if (end === 'TransferCompleted' && isInside && (of('MoneyDebited') !== 1 || of('MoneyCredited') !== 1 || of('MoneyReturned') !== 0))
      faults.push(`the transfer ${id} was completed with ${events.map(({ name }) => name).join(', ')}`)
    if (end === 'TransferFailed' && sum !== 0n) faults.push(`the transfer ${id} failed, and ${sum} cents moved`)
    if (end === undefined) faults.push(`the transfer ${id} moved money and never ended`)
  }
  return { doubled, isBalanced: underWay === 0n }
}

/** Every order has its outcome, and always the same one. */
function checkOutcomes(orders: readonly Placed[], outcomes: readonly Placed[], faults: string[]): void {
  const answers = new Map<string, string>()
  for (const { name, fields } of outcomes) {
    const command = String(fields.command)
    const answer = `${name} ${String(fields.code ?? fields.version)}`
    const before = answers.get(command)
    if (before !== undefined && before !== answer) faults.push(`the command ${command} was answered ${before} and ${answer}`)
    answers.set(command, answer)
  }
  for (const id of new Set(orders.map(({ fields }) => String(fields.id))))
    if (!answers.has(id)) faults.push(`the command ${id} was never answered`)
}
