import type { WindowSize } from '../../processors/index.ts'
import { requireClient, requireEmployee } from './access.ts'
import { apiError, notFound } from './api-error.ts'
import { rowCount, rowOffset } from './arguments.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers, Services } from './services.ts'

const MAX_ROWS = 500
const MAX_ACCOUNTS = 100
const MAX_WINDOWS = 1_000

interface PageArgs {
  readonly first?: number | null
  readonly offset?: number | null
}

interface NewestArgs {
  readonly last?: number | null
  readonly offset?: number | null
}

interface StatementArgs {
  readonly iban: string
  readonly from: number
  readonly to: number
  readonly first?: number | null
  readonly after?: string | null
}

/** The fields of `Query`. Without access a single object is null; a list is refused with `NOT_FOUND`. Each field reserves the rows that it may read. */
export function queries({ access, cluster, reader }: Services): Resolvers {
  const canSee = ({ user, rows }: RequestContext, iban: string): Promise<boolean> => {
    rows.reserve(1)
    return access.canSeeAccount(user, iban)
  }
  const requireVisible = async (context: RequestContext, iban: string): Promise<void> => {
    if (!(await canSee(context, iban))) throw notFound()
  }
  const reserved = ({ rows }: RequestContext, count: number): number => {
    rows.reserve(count)
    return count
  }

  return {
    me: (_: object, { user }) => user ?? null,
    transaction: async ({ id }: { id: string }, context) => {
      const row = await reader.transaction(id)
      return row !== undefined && (await canSee(context, row.iban)) ? row : null
    },
    transactions: async (args: { iban: string; last?: number | null; before?: string | null }, context) => {
      const last = reserved(context, rowCount('last', args.last, MAX_ROWS, 10))
      await requireVisible(context, args.iban)
      return reader.transactions(args.iban, last, args.before ?? undefined)
    },
    lastTransactions: (args: { search?: string | null } & PageArgs, context) => {
      requireEmployee(context)
      const search = args.search ?? undefined
      const first = reserved(context, rowCount('first', args.first, MAX_ACCOUNTS, 20))
      return reader.lastTransactions(search, first, rowOffset(args.offset))
    },
    account: async ({ iban }: { iban: string }, context) => ((await canSee(context, iban)) ? reader.account(iban) : null),
    myAccounts: async (args: PageArgs, context) => {
      const { username } = requireClient(context)
      const first = reserved(context, rowCount('first', args.first, MAX_ACCOUNTS, MAX_ACCOUNTS))
      const offset = rowOffset(args.offset)
      const ibans = (await reader.ibansOwnedBy(username)).slice(offset, offset + first)
      const accounts = await Promise.all(ibans.map((iban) => reader.account(iban)))
      return accounts.filter((account) => account?.owners.includes(username))
    },
    balanceAt: async ({ iban, at }: { iban: string; at: number }, context) =>
      (await canSee(context, iban)) ? reader.balanceAt(iban, at) : null,
    statement: async ({ iban, from, to, first, after }: StatementArgs, context) => {
      if (from > to) throw apiError('BAD_USER_INPUT', '"from" must not be after "to".')
      const page = { first: reserved(context, rowCount('first', first, MAX_ROWS, 200)), after: after ?? undefined }
      await requireVisible(context, iban)
      return { iban, ...(await reader.statement(iban, from, to, page)) }
    },
    turnover: async (args: { iban?: string | null; window: WindowSize; last?: number | null }, context) => {
      const last = reserved(context, rowCount('last', args.last, MAX_WINDOWS, 24))
      if (args.iban === undefined || args.iban === null) requireEmployee(context)
      else await requireVisible(context, args.iban)
      return reader.turnover(args.iban ?? undefined, args.window, last)
    },
    transfer: async ({ id }: { id: string }, { user, rows }) => {
      rows.reserve(1)
      const transfer = await reader.transfer(id)
      return transfer !== undefined && (await access.canSeeTransfer(user, transfer)) ? transfer : null
    },
    stuckTransfers: ({ first, offset }: PageArgs, context) => {
      requireEmployee(context)
      return reader.stuckTransfers(reserved(context, rowCount('first', first, MAX_ROWS, 100)), rowOffset(offset))
    },
    lateTransfers: ({ first, offset }: PageArgs, context) => {
      requireEmployee(context)
      return reader.lateTransfers(reserved(context, rowCount('first', first, MAX_ROWS, 100)), rowOffset(offset))
    },
    deadLetters: async ({ last, offset }: NewestArgs, context) => {
      requireEmployee(context)
      const count = reserved(context, rowCount('last', last, MAX_ROWS, 50))
      const skipped = rowOffset(offset)
      return (await cluster.deadLetters(skipped + count)).slice(skipped)
    },
    topology: (_: object, context) => {
      reserved(context, TOPOLOGY_ROWS)
      return cluster.topology()
    },
    instances: (_: object, context) => {
      reserved(context, TOPOLOGY_ROWS)
      return cluster.instances()
    },
    rebalances: ({ last, offset }: NewestArgs, context) => {
      const count = reserved(context, rowCount('last', last, MAX_ROWS, 50))
      const skipped = rowOffset(offset)
      return cluster.rebalances(skipped + count).slice(skipped)
    },
  }
}

/** About as many as the bank's topology has nodes. */
const TOPOLOGY_ROWS = 100
