import type { TransferState, TransferStep, TransferView } from '../schemas/index.ts'
import type { Transfer } from './domain/transfer/transfer.ts'

/** The saga's store: how the transfer stands, how many events it has had, and the way it took. */
export interface StoredTransfer {
  readonly transfer: Transfer
  readonly version: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly steps: readonly TransferStep[]
}

/** What people get to see of a transfer. */
export function transferView({ transfer, startedAt, endedAt, steps }: StoredTransfer): TransferView {
  const { id, amount, from, to, description, username } = transfer.order
  const state = stateOf(transfer.state)
  const { code, reason } = (state === 'PENDING' ? null : transfer.failure) ?? { code: null, reason: null }
  return { type: 'TransferView', id, amount, from, to, description, username, state, code, reason, startedAt, endedAt, steps }
}

function stateOf(state: Transfer['state']): TransferState {
  switch (state) {
    case 'completed':
      return 'COMPLETED'
    case 'failed':
      return 'FAILED'
    case 'stuck':
      return 'STUCK'
    default:
      return 'PENDING'
  }
}
