import { CASH } from '../../processors/index.ts'
import type { TransferDetails } from '../ports/bank-reader.ts'
import { requireClient } from './access.ts'
import { text, uuid } from './arguments.ts'
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
  readonly transfer: TransferDetails | null
  readonly pending: boolean
  readonly reason: string | null
  readonly code: string | null
}

/**
 * Transfers and deposits. The client chose the id, so a request whose answer got lost can be sent again. An answer that is late is
 * "pending", never "failed": the transfer may still happen, and can be followed by its id.
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
      return move(services, { id, from, to: text('to', to), amount, description: text('description', description), username, token })
    },
    deposit: ({ id, to, amount }: { id: string; to: string; amount: bigint }, context) => {
      const { username } = requireClient(context)
      return move(services, { id: uuid('id', id), from: CASH, to: text('to', to), amount, description: 'Deposit', username, token: '' })
    },
  }
}

async function move({ commands, ports, reader }: Services, order: Order): Promise<TransferResult> {
  const answer = await commands.send({ type: 'MoneyTransfer', ...order })
  const ended = async (): Promise<TransferDetails | undefined> => {
    const transfer = await reader.transfer(order.id)
    return transfer?.state === 'PENDING' ? undefined : transfer
  }
  const transfer = answer.type === 'CommandSucceeded' ? await untilSeen(ports.timers, ended) : await reader.transfer(order.id)
  if (transfer !== undefined && !isOf(order, transfer)) return refused('ID_TAKEN', 'this id belongs to another transfer')
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

/** A transfer of the same id but of another order, or of somebody else, is not told. */
function isOf(order: Order, transfer: TransferDetails): boolean {
  return (
    transfer.username === order.username && transfer.from === order.from && transfer.to === order.to && transfer.amount === order.amount
  )
}

function refused(code: string, reason: string): TransferResult {
  return { transfer: null, pending: false, reason, code }
}
