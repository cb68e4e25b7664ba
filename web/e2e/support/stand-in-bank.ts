/**
 * A bank in memory behind the real schema, for working on the page: it serves the built page and answers `/graphql` and
 * `/graphql/stream` under the same content policy. It knows just enough rules to be lived in, and keeps nothing.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { buildSchema, graphql, GraphQLError, parse, subscribe, validate } from 'graphql'
import type { ExecutionResult } from 'graphql'
import type {
  Account,
  AlertSettingsInput,
  Instance,
  LastTransaction,
  Rebalance,
  Session,
  Transaction,
  Transfer,
} from '../../src/lib/generated/graphql.ts'
import { COMPANY_IBAN, isIban } from '../../src/lib/iban.ts'
import { TOPOLOGY } from './stand-in-topology.ts'

export interface StandIn {
  readonly url: string
  readonly employee: { readonly username: string; readonly password: string }
  close(): Promise<void>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Caller {
  readonly session: Session | null
  setCookie(value: string): void
}
/** What changed, for those who watch. */
type News = { readonly row?: Transaction; readonly transfer?: Transfer; readonly instances?: true; readonly tick?: true }

const EMPLOYEE = { username: 'employee', password: 'employee-secret' }
const HOP_MS = 4
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const schema = buildSchema(readFileSync(new URL('../../../api/schema.graphql', import.meta.url), 'utf8'))

export async function startStandIn(pageDirectory: string, port = 0): Promise<StandIn> {
  const bank = createBank()
  const server = createServer((request, response) => {
    serve(bank, pageDirectory, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    employee: EMPLOYEE,
    async close() {
      bank.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Bank = ReturnType<typeof createBank>

function createBank() {
  const users = new Map<string, string>([[EMPLOYEE.username, EMPLOYEE.password]])
  const sessions = new Map<string, Session>()
  const accounts = new Map<string, Mutable<Account>>()
  const rows = new Map<string, Transaction[]>()
  const transfers = new Map<string, Mutable<Transfer>>()
  const watchers = new Set<(news: News) => void>()
  const instances: Mutable<Instance>[] = [0, 1, 2].map((index) => instance(`instance-${index + 1}`, index))
  const rebalances: Rebalance[] = [{ time: Date.now(), generation: 1, reason: 'The group began.', moved: TOPOLOGY.tasks }]
  const tell = (news: News) => watchers.forEach((watcher) => watcher(news))
  const ticking = setInterval(() => tell({ tick: true }), 1_000)

  function open(iban: string, owners: readonly string[]): Mutable<Account> {
    const account = { iban, balance: '0', limit: '-50000', owners, alertSettings: null, lastTransaction: null }
    accounts.set(iban, account)
    rows.set(iban, [])
    return account
  }

  function book(account: Mutable<Account>, transfer: Transfer, direction: 'DEBIT' | 'CREDIT', changedBy: string): void {
    const history = rows.get(account.iban) ?? []
    const change = direction === 'DEBIT' ? -BigInt(transfer.amount) : BigInt(transfer.amount)
    account.balance = (BigInt(account.balance) + change).toString()
    const row: Transaction = {
      id: randomUUID(),
      iban: account.iban,
      amount: transfer.amount,
      direction,
      newBalance: account.balance,
      changedBy,
      counterparty: direction === 'DEBIT' ? transfer.to : transfer.from,
      description: transfer.description,
      time: Date.now(),
      transferId: transfer.id,
      sequence: history.length + 1,
    }
    history.push(row)
    account.lastTransaction = row
    tell({ row })
  }

  async function run(order: Pick<Transfer, 'id' | 'from' | 'to' | 'amount' | 'description'>, by: string): Promise<Transfer> {
    const known = transfers.get(order.id)
    if (known !== undefined) return known
    const transfer: Mutable<Transfer> = {
      ...order,
      state: 'PENDING',
      reason: null,
      code: null,
      startedAt: Date.now(),
      endedAt: null,
      steps: [],
    }
    transfers.set(order.id, transfer)
    const step = async (name: string) => {
      await new Promise((resolve) => setTimeout(resolve, HOP_MS))
      transfer.steps = [...transfer.steps, { name, time: Date.now() }]
    }
    const end = async (state: 'COMPLETED' | 'FAILED', reason: string | null = null) => {
      await step(state === 'COMPLETED' ? 'TransferCompleted' : 'TransferFailed')
      Object.assign(transfer, { state, reason, code: reason === null ? null : 'REFUSED', endedAt: Date.now() })
      tell({ transfer: { ...transfer } })
      return { ...transfer }
    }
    await step('TransferStarted')
    const [from, to] = [accounts.get(order.from), accounts.get(order.to)]
    if (from !== undefined) {
      if (BigInt(from.balance) - BigInt(order.amount) < BigInt(from.limit)) {
        return end('FAILED', 'insufficient funds, would be below the limit of −€ 500,00')
      }
      await step('MoneyDebited')
      book(from, transfer, 'DEBIT', by)
    }
    if (to !== undefined) {
      await step('MoneyCredited')
      book(to, transfer, 'CREDIT', by)
    } else if (order.to.includes('OPEN0') && from !== undefined) {
      await step('MoneyReturned')
      book(from, { ...transfer, from: order.to, to: order.from }, 'CREDIT', by)
      return end('FAILED', 'iban not known')
    }
    return end('COMPLETED')
  }

  open(COMPANY_IBAN, ['openweb'])
  void run({ id: randomUUID(), from: 'cash', to: COMPANY_IBAN, amount: (10n ** 17n).toString(), description: 'initial funds' }, 'openweb')

  return {
    users,
    sessions,
    accounts,
    rows,
    transfers,
    watchers,
    instances,
    rebalances,
    open,
    run,
    tell,
    stop: () => clearInterval(ticking),
  }
}

function resolvers(bank: Bank, { session, setCookie }: Caller) {
  const client = () => session?.username ?? refuse('UNAUTHENTICATED', 'Sign in first.')
  const employee = () => (session?.role === 'EMPLOYEE' ? session.username : refuse('FORBIDDEN', 'For employees only.'))
  const visible = (iban: string) => {
    const account = bank.accounts.get(iban)
    const mine = iban === COMPANY_IBAN || session?.role === 'EMPLOYEE' || (session && account?.owners.includes(session.username))
    return account !== undefined && mine ? account : refuse('NOT_FOUND', 'There is no such account.')
  }
  const enter = (username: string, role: Session['role']) => {
    const id = randomUUID()
    const entered = { username, role }
    bank.sessions.set(id, entered)
    setCookie(`session=${id}; HttpOnly; SameSite=Strict; Path=/`)
    return { session: entered, reason: null }
  }
  const last = (iban: string): LastTransaction => ({
    iban,
    owners: bank.accounts.get(iban)?.owners ?? [],
    transaction: bank.rows.get(iban)?.at(-1) ?? null,
  })
  const change = (reason: string) => {
    bank.rebalances.unshift({ time: Date.now(), generation: bank.rebalances.length + 1, reason, moved: TOPOLOGY.tasks.slice(0, 2) })
    bank.tell({ instances: true })
    return true
  }

  return {
    me: () => session,
    transaction: ({ id }: { id: string }) => [...bank.rows.values()].flat().find((row) => row.id === id) ?? null,
    transactions: ({ iban, last: count, before }: { iban: string; last: number; before?: string | null }) => {
      const history = bank.rows.get(visible(iban).iban) ?? []
      const end = before ? history.findIndex(({ id }) => id === before) : history.length
      return history.slice(Math.max(0, end - count), end).reverse()
    },
    account: ({ iban }: { iban: string }) => visible(iban),
    myAccounts: () => {
      const name = client()
      return [...bank.accounts.values()].filter(({ owners }) => owners.includes(name))
    },
    lastTransactions: ({ search, first, offset }: { search?: string | null; first: number; offset: number }) => {
      employee()
      const text = (search ?? '').toLowerCase()
      const found = [...bank.accounts.keys()]
        .map(last)
        .filter(({ iban, owners }) => `${iban} ${owners.join(' ')}`.toLowerCase().includes(text))
      found.sort((a, b) => (b.transaction?.time ?? 0) - (a.transaction?.time ?? 0))
      return { total: found.length, rows: found.slice(offset, offset + first) }
    },
    transfer: (args: { id: string; from?: string; to?: string; amount?: string; description?: string }) => {
      const { id, from, to, amount, description } = args
      if (from === undefined || to === undefined || amount === undefined || description === undefined) return bank.transfers.get(id) ?? null
      if (!visible(from).owners.includes(client()))
        return { transfer: null, pending: false, reason: 'user is no owner of bank account', code: 'NO_OWNER' }
      return settled(bank.run({ id, from, to, amount, description }, client()))
    },
    deposit: ({ id, to, amount }: { id: string; to: string; amount: string }) =>
      settled(bank.run({ id, from: 'cash', to: visible(to).iban, amount, description: 'Deposit' }, client())),
    stuckTransfers: () => employee() && [],
    lateTransfers: () => employee() && [],
    deadLetters: () => employee() && [],
    topology: () => TOPOLOGY.graph,
    instances: () => bank.instances,
    rebalances: () => bank.rebalances,
    signUp: ({ username, password }: { username: string; password: string }) => {
      if (bank.users.has(username)) return { session: null, reason: 'user already exists' }
      bank.users.set(username, password)
      return enter(username, 'CLIENT')
    },
    signIn: ({ username, password }: { username: string; password: string }) =>
      bank.users.get(username) === password
        ? enter(username, username === EMPLOYEE.username ? 'EMPLOYEE' : 'CLIENT')
        : { session: null, reason: 'The name or the password is not right.' },
    signOut: () => {
      setCookie('session=; Path=/; Max-Age=0')
      return true
    },
    openAccount: () => ({ account: bank.open(newIban(), [client()]), pending: false, reason: null, code: null }),
    addOwner: ({ iban, username }: { iban: string; username: string }) => {
      const account = visible(iban)
      if (!bank.users.has(username)) return failed('user to add does not exist')
      if (account.owners.includes(username)) return failed('user to add is already owner')
      account.owners = [...account.owners, username]
      return DONE
    },
    removeOwner: ({ iban }: { iban: string }) => {
      const account = visible(iban)
      if (account.owners.length === 1 && account.balance !== '0') return failed('last user and balance is not zero')
      account.owners = account.owners.filter((owner) => owner !== session?.username)
      return DONE
    },
    updateAlertSettings: ({ iban, settings }: { iban: string; settings: AlertSettingsInput }) => {
      visible(iban).alertSettings = {
        balanceBelow: null,
        amountAbove: null,
        counterpartyNew: false,
        debitsInFiveMinutes: null,
        ...settings,
      }
      return DONE
    },
    addInstance: () => {
      employee()
      const added = instance(`instance-${bank.instances.length + 1}`, bank.instances.length)
      bank.instances.push(added)
      change(`${added.id} joined.`)
      return added
    },
    stopInstance: ({ id }: { id: string }) => employee() && end(bank, id, 'STOPPED') && change(`${id} left.`),
    killInstance: ({ id }: { id: string }) => employee() && end(bank, id, 'DEAD') && change(`${id} was not heard of any more.`),
  }
}

/** The streams; each begins with what is there. */
function sources(bank: Bank, caller: Caller) {
  const root = resolvers(bank, caller)
  return {
    transactions: ({ iban, last, after }: { iban: string; last: number; after?: string | null }) => {
      const held = root.transactions({ iban, last: Number.MAX_SAFE_INTEGER })
      const known = after ? held.findIndex(({ id }) => id === after) : -1
      const snapshot = (known >= 0 ? held.slice(0, known) : held.slice(0, last)).reverse()
      return stream(bank, snapshot, ({ row }) => (row?.iban === iban ? row : undefined)).as('transactions')
    },
    transfer: ({ id }: { id: string }) =>
      stream(bank, [...(bank.transfers.get(id) ? [bank.transfers.get(id)] : [])], ({ transfer }) =>
        transfer?.id === id ? transfer : undefined,
      ).as('transfer'),
    alerts: () => stream(bank, [], ({ row }) => alertOf(bank, row, caller)).as('alerts'),
    lastTransactions: () => {
      if (caller.session?.role !== 'EMPLOYEE') refuse('FORBIDDEN', 'For employees only.')
      return stream(
        bank,
        [],
        ({ row }) => row && { iban: row.iban, owners: bank.accounts.get(row.iban)?.owners ?? [], transaction: row },
      ).as('lastTransactions')
    },
    topologyMetrics: () => stream(bank, [metrics()], ({ tick }) => tick && metrics()).as('topologyMetrics'),
    instances: () => stream(bank, [bank.instances], ({ instances }) => instances && bank.instances).as('instances'),
  }
}

async function serve(bank: Bank, directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://stand-in').pathname
  if (path === '/graphql' || path === '/graphql/stream') {
    const id = /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const caller = { session: bank.sessions.get(id) ?? null, setCookie: (value: string) => response.setHeader('set-cookie', value) }
    const { query = '', variables = {} } = JSON.parse(await body(request))
    return path === '/graphql' ? answer(bank, caller, query, variables, response) : follow(bank, caller, query, variables, response)
  }
  const file = extname(path) === '' ? 'index.html' : path.slice(1)
  response.setHeader('content-security-policy', POLICY)
  try {
    const content = await readFile(join(directory, file))
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(content)
  } catch {
    response.writeHead(404).end()
  }
}

async function answer(
  bank: Bank,
  caller: Caller,
  source: string,
  variableValues: Record<string, unknown>,
  response: ServerResponse,
): Promise<void> {
  const result = await graphql({ schema, source, variableValues, rootValue: resolvers(bank, caller) })
  response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
}

async function follow(
  bank: Bank,
  caller: Caller,
  source: string,
  variableValues: Record<string, unknown>,
  response: ServerResponse,
): Promise<void> {
  const document = parse(source)
  const errors = validate(schema, document)
  if (errors.length > 0) throw new Error(errors.join('\n'))
  const result = await subscribe({ schema, document, variableValues, rootValue: sources(bank, caller) })
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  const write = (value: ExecutionResult) => response.write(`event: next\ndata: ${JSON.stringify(value)}\n\n`)
  response.write(': here\n\n')
  if (!(Symbol.asyncIterator in result)) {
    write(result)
    response.end('event: complete\ndata: \n\n')
    return
  }
  response.on('close', () => void result.return(undefined))
  for await (const value of result) write(value)
}

function stream<T>(bank: Bank, snapshot: readonly T[], pick: (news: News) => T | undefined) {
  const waiting: T[] = [...snapshot]
  let wake: ((result: IteratorResult<Record<string, T>>) => void) | undefined
  let name = ''
  const watcher = (news: News) => {
    const value = pick(news)
    if (value === undefined) return
    if (wake === undefined) waiting.push(value)
    else wake({ done: false, value: { [name]: value } })
    wake = undefined
  }
  bank.watchers.add(watcher)
  const iterator: AsyncIterableIterator<Record<string, T>> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => {
      const value = waiting.shift()
      if (value !== undefined) return Promise.resolve({ done: false, value: { [name]: value } })
      return new Promise((resolve) => (wake = resolve))
    },
    return: () => {
      bank.watchers.delete(watcher)
      wake?.({ done: true, value: undefined })
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    as(field: string) {
      name = field
      return iterator
    },
  }
}

function alertOf(bank: Bank, row: Transaction | undefined, { session }: Caller) {
  const account = row && bank.accounts.get(row.iban)
  const above = account?.alertSettings?.amountAbove
  if (!row || !above || !session || !account.owners.includes(session.username) || BigInt(row.amount) <= BigInt(above)) return undefined
  return {
    id: `alert-${row.id}`,
    iban: row.iban,
    kind: 'AMOUNT_ABOVE',
    text: 'An amount is above what you set.',
    transaction: row,
    time: row.time,
  }
}

function metrics() {
  const nodes = TOPOLOGY.graph.subtopologies
    .flatMap((part) => part.nodes)
    .map(({ id }) => ({ id, recordsPerSecond: randomInt(0, 900) / 10, lag: randomInt(0, 12) > 10 ? 3 : 0 }))
  return { time: Date.now(), nodes, transfersPerSecond: randomInt(40, 60), p50Ms: 9, p99Ms: 34, lag: 3, booksBalanced: true }
}

function instance(id: string, index: number): Mutable<Instance> {
  const tasks = TOPOLOGY.tasks.map((task, place) => ({
    id: task,
    state: place % 3 === index % 3 ? ('RUNNING' as const) : ('STANDBY' as const),
    lag: 0,
    place,
  }))
  return { id, state: 'RUNNING', tasks: tasks.filter(({ state, place }) => state === 'RUNNING' || place % 3 === (index + 1) % 3) }
}

function end(bank: Bank, id: string, state: 'STOPPED' | 'DEAD'): boolean {
  const found = bank.instances.find((one) => one.id === id)
  if (found !== undefined) Object.assign(found, { state, tasks: [] })
  return found !== undefined
}

const DONE = { succeeded: true, pending: false, reason: null, code: null }

function failed(reason: string) {
  return { succeeded: false, pending: false, reason, code: 'REFUSED' }
}

async function settled(running: Promise<Transfer>) {
  const transfer = await running
  return { transfer, pending: transfer.state === 'PENDING', reason: transfer.reason, code: transfer.code }
}

function newIban(): string {
  const digits = `0${randomInt(0, 1_000_000_000).toString().padStart(9, '0')}`
  const check = 98n - (BigInt(`24251423${digits}232100`) % 97n)
  const iban = `NL${check.toString().padStart(2, '0')}OPEN${digits}`
  if (!isIban(iban)) throw new Error(`${iban} has wrong check digits.`)
  return iban
}

function refuse(code: string, message: string): never {
  throw new GraphQLError(message, { extensions: { code } })
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
