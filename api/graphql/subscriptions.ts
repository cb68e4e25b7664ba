import type { Direction } from '../../schemas/index.ts'
import { accountFeed } from '../hub/account-feed.ts'
import { alertFeed } from '../hub/alert-feed.ts'
import { lastTransactionsFeed } from '../hub/last-transactions-feed.ts'
import { transferFeed } from '../hub/transfer-feed.ts'
import { requireEmployee, requireUser } from './access.ts'
import { notFound } from './api-error.ts'
import { rowCount, uuid } from './arguments.ts'
import type { Resolvers, Services } from './services.ts'

interface TransactionsArgs {
  readonly iban: string
  readonly minAmount?: bigint | null
  readonly maxAmount?: bigint | null
  readonly direction?: Direction | null
  readonly descriptionIncludes?: string | null
  readonly last?: number | null
  readonly after?: string | null
}

const MAX_ROWS = 500

/** The fields of `Subscription`. Each returns a `Feed`. */
export function subscriptions({ access, hub, instances, metrics, ports, reader }: Services): Resolvers {
  return {
    transactions: async (args: TransactionsArgs, { user, lastEventId }) => {
      const isAllowed = (): Promise<boolean> => access.canSeeAccount(user, args.iban)
      if (!(await isAllowed())) throw notFound()
      return accountFeed({
        reader,
        channel: hub.transactions,
        timers: ports.timers,
        iban: args.iban,
        filter: {
          minAmount: args.minAmount ?? undefined,
          maxAmount: args.maxAmount ?? undefined,
          direction: args.direction ?? undefined,
          descriptionIncludes: args.descriptionIncludes ?? undefined,
        },
        last: rowCount('last', args.last, MAX_ROWS, 10),
        after: lastEventId ?? args.after ?? undefined,
        isAllowed,
      })
    },
    transfer: ({ id }: { id: string }, { user }) =>
      transferFeed({
        reader,
        channel: hub.transfers,
        id: uuid('id', id),
        isVisible: (transfer) => access.canSeeTransfer(user, transfer),
      }),
    alerts: (_: object, context) => {
      const user = requireUser(context)
      return alertFeed({ channel: hub.alerts, after: context.lastEventId, isVisible: (iban) => access.canBeAlerted(user, iban) })
    },
    lastTransactions: ({ search }: { search?: string | null }, context) => {
      requireEmployee(context)
      return lastTransactionsFeed({ reader, channel: hub.transactions, search: search ?? undefined })
    },
    topologyMetrics: () => metrics.feed(),
    instances: () => instances.feed(),
  }
}
