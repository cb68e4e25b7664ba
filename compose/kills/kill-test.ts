import { randomInt, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BankClient } from './bank-client.ts'
import { BankProcess, freePort } from './bank-process.ts'
import { copyFilledBank } from './filled-bank.ts'

export interface KillTestOptions {
  readonly kills: number
  /** Transfers per second from the bank's load generator, in addition to the orders that are verified one by one. */
  readonly load: number
  /** Transfers in the log before the first start. */
  readonly transfers: number
  onFill(transfers: number): void
  onKill(kill: number, readyMs: number, acknowledged: number): void
}

export interface KillTestResult {
  readonly kills: number
  /** Transfers ordered by the test. */
  readonly ordered: number
  /** Orders that the bank reported as completed. */
  readonly acknowledged: number
  /** Acknowledged, but missing in an account. */
  readonly lost: number
  /** Booked more than once. */
  readonly doubled: number
  readonly balancesRight: boolean
  readonly booksBalanced: boolean
  readonly readyMsMedian: number
  readonly readyMsMax: number
  readonly errors: number
}

interface Order {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
  acknowledged: boolean
}

interface Row {
  readonly transferId: string | null
  readonly direction: 'DEBIT' | 'CREDIT'
  readonly amount: string
  readonly sequence: number
  readonly newBalance: string
}

/** Not in the temporary directory, because a bank with a million transfers takes long to make. */
const FILLED_BANKS = join('data', 'kills')
const WORKERS = 6
const DEPOSIT = 100_000
const MAX_AMOUNT = 300
const PAGE_SIZE = 250
const RETRY_MS = 50
/** The bank is killed only after it has acknowledged this many orders since it was ready, so that each kill hits a working bank. */
const MIN_ACKNOWLEDGED_PER_KILL = 10
const MAX_KILL_DELAY_MS = 1_500

/**
 * Kills a bank repeatedly while workers order transfers, and retries each order until it is acknowledged. Then verifies every order in
 * the history of the accounts.
 */
export async function killTest({ kills, load, transfers, onFill, onKill }: KillTestOptions): Promise<KillTestResult> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'bob-kills-'))
  const processOptions = { dataDirectory, port: await freePort(), load }
  const readyMs: number[] = []
  try {
    if (transfers > 0) await copyFilledBank({ transfers, cache: FILLED_BANKS, target: dataDirectory, onProgress: onFill })
    let { bank } = await BankProcess.start(processOptions)
    const client = new BankClient(bank.url, `kill-test-${randomUUID().slice(0, 8)}`)
    await client.signIn()
    const ibans = [await client.openAccount(randomUUID()), await client.openAccount(randomUUID())] as const
    for (const iban of ibans) await deposit(client, iban)
    const orders: Order[] = []
    const done = { value: false }
    const working = Array.from({ length: WORKERS }, () => work(client, ibans, orders, done))
    for (let kill = 1; kill <= kills; kill++) {
      const before = acknowledgedOf(orders)
      while (acknowledgedOf(orders) < before + MIN_ACKNOWLEDGED_PER_KILL) await sleep(RETRY_MS)
      await sleep(randomInt(MAX_KILL_DELAY_MS))
      await bank.kill()
      const started = await BankProcess.start(processOptions)
      bank = started.bank
      readyMs.push(started.readyMs)
      onKill(kill, started.readyMs, acknowledgedOf(orders))
    }
    done.value = true
    await Promise.all(working)
    const verdict = await verify(client, ibans, orders)
    const { booksBalanced, errors } = await bank.stop()
    return {
      kills,
      ordered: orders.length,
      acknowledged: acknowledgedOf(orders),
      ...verdict,
      booksBalanced,
      readyMsMedian: readyMs.toSorted((a, b) => a - b)[readyMs.length >> 1] ?? 0,
      readyMsMax: Math.max(0, ...readyMs),
      errors,
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

async function deposit(client: BankClient, to: string): Promise<void> {
  const { deposit: answer } = await client.ask<{ deposit: Answer }>(
    'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }',
    { id: randomUUID(), to, amount: String(DEPOSIT) },
  )
  if (answer.pending || answer.reason !== null) throw new Error(`The deposit into ${to} failed: ${answer.reason ?? 'no outcome in time'}`)
}

interface Answer {
  readonly pending: boolean
  readonly reason: string | null
}

/** Orders one transfer after another. An order without an answer is sent again under the same id. */
async function work(
  client: BankClient,
  ibans: readonly [string, string],
  orders: Order[],
  done: { readonly value: boolean },
): Promise<void> {
  while (!done.value) {
    const [from, to] = randomInt(2) === 0 ? ibans : [ibans[1], ibans[0]]
    const order: Order = { id: randomUUID(), from, to, amount: 1 + randomInt(MAX_AMOUNT), acknowledged: false }
    orders.push(order)
    while (!order.acknowledged) {
      order.acknowledged = await isDone(client, order)
      if (!order.acknowledged) await sleep(RETRY_MS)
    }
  }
}

async function isDone(client: BankClient, { id, from, to, amount }: Order): Promise<boolean> {
  try {
    const { transfer } = await client.ask<{ transfer: Answer }>(
      `mutation ($id: ID!, $from: String!, $to: String!, $amount: Cents!) {
        transfer(id: $id, from: $from, to: $to, amount: $amount, description: "kill test") { pending reason }
      }`,
      { id, from, to, amount: String(amount) },
    )
    if (transfer.reason !== null) throw new Error(`Transfer ${id} was refused: ${transfer.reason}`)
    return !transfer.pending
  } catch (error) {
    // The bank was killed before or while it answered.
    if (error instanceof TypeError || error instanceof SyntaxError) return false
    throw error
  }
}

async function verify(
  client: BankClient,
  ibans: readonly string[],
  orders: readonly Order[],
): Promise<Pick<KillTestResult, 'lost' | 'doubled' | 'balancesRight'>> {
  let lost = 0
  let doubled = 0
  let balancesRight = true
  for (const iban of ibans) {
    const rows = await rowsOf(client, iban)
    const bookings = new Map<string, number>()
    for (const { transferId } of rows) if (transferId !== null) bookings.set(transferId, (bookings.get(transferId) ?? 0) + 1)
    lost += orders.filter(({ id, acknowledged }) => acknowledged && !bookings.has(id)).length
    doubled += [...bookings.values()].filter((count) => count > 1).length
    const expected = orders.reduce((sum, { to, amount }) => sum + (to === iban ? amount : -amount), DEPOSIT)
    balancesRight &&= rows[0]?.newBalance === String(expected) && rows.every(({ sequence }, index) => sequence === rows.length - index)
  }
  return { lost, doubled, balancesRight }
}

/** The complete history of an account, newest first. */
async function rowsOf(client: BankClient, iban: string): Promise<readonly Row[]> {
  const rows: (Row & { readonly id: string })[] = []
  for (;;) {
    const { transactions } = await client.ask<{ transactions: typeof rows }>(
      `query ($iban: String!, $before: ID) {
        transactions(iban: $iban, last: ${PAGE_SIZE}, before: $before) { id transferId direction amount sequence newBalance }
      }`,
      { iban, before: rows.at(-1)?.id ?? null },
    )
    rows.push(...transactions)
    if (transactions.length < PAGE_SIZE) return rows
  }
}

function acknowledgedOf(orders: readonly Order[]): number {
  return orders.filter(({ acknowledged }) => acknowledged).length
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
