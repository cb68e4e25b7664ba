import type { WindowSize } from '../../processors/index.ts'
import { requireClient, requireEmployee } from './access.ts'
import { apiError, notFound } from './api-error.ts'
import { rowCount, text } from './arguments.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers, Services } from './services.ts'

const MAX_ROWS = 500
const MAX_ACCOUNTS = 100
const MAX_WINDOWS = 1_000

/** The fields of `Query`. Without access a single object is null; a list is refused with `NOT_FOUND`. */
export function queries({ access, cluster, reader }: Services): Resolvers {
  const requireVisible = async ({ user }: RequestContext, iban: string): Promise<void> => {
    if (!(await access.canSeeAccount(user, iban))) throw notFound()
  }

  return {
    me: (_: object, { user }) => user ?? null,
    transaction: async ({ id }: { id: string }, { user }) => {
      const row = await reader.transaction(text('id', id))
      return row !== undefined && (await access.canSeeAccount(user, row.iban)) ? row : null
    },
    transactions: async (args: { iban: string; last?: number | null; before?: string | null }, context) => {
      await requireVisible(context, args.iban)
      return reader.transactions(args.iban, rowCount('last', args.last, MAX_ROWS, 10), args.before ?? undefined)
    },
    lastTransactions: (args: { search?: string | null; first?: number | null; offset?: number | null }, context) => {
      requireEmployee(context)
      const offset = args.offset ?? 0
      if (offset < 0) throw apiError('BAD_USER_INPUT', '"offset" must be 0 or more.')
      const search = args.search ? text('search', args.search) : undefined
      return reader.lastTransactions(search, rowCount('first', args.first, MAX_ACCOUNTS, 20), offset)
    },
    account: async ({ iban }: { iban: string }, { user }) => ((await access.canSeeAccount(user, iban)) ? reader.account(iban) : null),
    myAccounts: async (_: object, context) => {
      const { username } = requireClient(context)
      const accounts = await Promise.all((await reader.ibansOwnedBy(username)).map((iban) => reader.account(iban)))
      return accounts.filter((account) => account?.owners.includes(username))
    },
    balanceAt: async ({ iban, at }: { iban: string; at: number }, { user }) =>
      (await access.canSeeAccount(user, iban)) ? reader.balanceAt(iban, at) : null,
    statement: async ({ iban, from, to }: { iban: string; from: number; to: number }, context) => {
      if (from > to) throw apiError('BAD_USER_INPUT', '"from" must not be after "to".')
      await requireVisible(context, iban)
      return { iban, ...(await reader.statement(iban, from, to)) }
    },
    turnover: async (args: { iban?: string | null; window: WindowSize; last?: number | null }, context) => {
      const last = rowCount('last', args.last, MAX_WINDOWS, 24)
      if (args.iban === undefined || args.iban === null) requireEmployee(context)
      else await requireVisible(context, args.iban)
      return reader.turnover(args.iban ?? undefined, args.window, last)
    },
    transfer: async ({ id }: { id: string }, { user }) => {
      const transfer = await reader.transfer(text('id', id))
      return transfer !== undefined && (await access.canSeeTransfer(user, transfer)) ? transfer : null
    },
    stuckTransfers: (_: object, context) => {
      requireEmployee(context)
      return reader.stuckTransfers()
    },
    lateTransfers: (_: object, context) => {
      requireEmployee(context)
      return reader.lateTransfers()
    },
    deadLetters: ({ last }: { last?: number | null }, context) => {
      requireEmployee(context)
      return cluster.deadLetters(rowCount('last', last, MAX_ROWS, 50))
    },
    topology: () => cluster.topology(),
    instances: () => cluster.instances(),
    rebalances: ({ last }: { last?: number | null }) => cluster.rebalances(rowCount('last', last, MAX_ROWS, 50)),
  }
}
