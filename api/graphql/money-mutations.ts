import { CASH } from '../../processors/index.ts'
import type { NamedTransferView } from '../../processors/index.ts'
import { requireClient } from './access.ts'
import { uuid } from './arguments.ts'
import type { Resolvers, Services } from './services.ts'
import { untilSeen } from '../until-seen.ts'

interface Order {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: bigint
  readonly description: string
  readonly username: string
  readonly token: string
}

export interface TransferResult {
  readonly transfer: NamedTransferView | null
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}

/**
 * Transfers and deposits. The client chooses the id, so it can repeat a request whose answer got lost. Without an outcome in time the
 * answer is `pending`, not a failure: the transfer may still happen and can be followed by its id.
 */
export function moneyMutations(services: Services): Pick<Resolvers, 'transfer' | 'deposit'> {
  const { reader } = services
  return {
    transfer: async (args: { id: string; from: string; to: string; amount: bigint; description: string }, context) => {
      const { username } = requireClient(context)
      const { amount, from, to, description } = args
      const id = uuid('id', args.id)
      const token = await reader.ownerToken(from, username)
      if (token === undefined) return refused('NOT_FOUND', 'iban not known')
      return move(services, { id, from, to, amount, description, username, token })
    },
    deposit: ({ id, to, amount }: { id: string; to: string; amount: bigint }, context) => {
      const { username } = requireClient(context)
      return move(services, { id: uuid('id', id), from: CASH, to, amount, description: 'Deposit', username, token: '' })
    },
  }
}

async function move({ commands, ports, reader }: Services, order: Order): Promise<TransferResult> {
  const answer = await commands.send({ type: 'MoneyTransfer', ...order })
  const ended = async (): Promise<NamedTransferView | undefined> => {
    const transfer = await reader.transfer(order.id)
    return transfer?.state === 'PENDING' ? undefined : transfer
  }
  const transfer = answer.type === 'CommandSucceeded' ? await untilSeen(ports.timers, ended) : await reader.transfer(order.id)
  if (transfer !== undefined && !isFor(order, transfer)) return refused('ID_TAKEN', 'this id belongs to another transfer')
  switch (answer.type) {
    case 'CommandSucceeded':
      return { transfer: transfer ?? null, pending: false, reason: null, code: null }
    case 'CommandFailed':
      return {
        transfer: transfer?.state === 'PENDING' ? null : (transfer ?? null),
        pending: false,
        reason: answer.reason,
        code: answer.code,
      }
    case 'pending':
      return { transfer: transfer ?? null, pending: true, reason: null, code: null }
    default:
      return answer satisfies never
  }
}

/** Whether the transfer is the ordered one. Another order under the same id, or another user's, must not be shown. */
function isFor(order: Order, transfer: NamedTransferView): boolean {
  return (
    transfer.username === order.username && transfer.from === order.from && transfer.to === order.to && transfer.amount === order.amount
  )
}

function refused(code: string, reason: string): TransferResult {
  return { transfer: null, pending: false, reason, code }
}
