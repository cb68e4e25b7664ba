import type { TransferState, TransferStep, TransferView } from '../schemas/index.ts'
import type { TransferStepName } from './domain/transfer/steps.ts'
import type { Transfer } from './domain/transfer/transfer.ts'

interface NamedStep extends TransferStep {
  readonly name: TransferStepName
}

/** A view as the bank makes it: the schema allows any text as the name of a step. */
export interface NamedTransferView extends TransferView {
  readonly steps: readonly NamedStep[]
}

/** The saga's stored form of a transfer. `version` is the number of its events. */
export interface StoredTransfer {
  readonly transfer: Transfer
  readonly version: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly steps: readonly NamedStep[]
}

/** The public view of a transfer. */
export function transferView({ transfer, startedAt, endedAt, steps }: StoredTransfer): NamedTransferView {
  const { id, amount, from, to, description, username } = transfer.order
  const state = STATES[transfer.state]
  const { code, reason } = (state === 'PENDING' ? null : transfer.failure) ?? { code: null, reason: null }
  return { type: 'TransferView', id, amount, from, to, description, username, state, code, reason, startedAt, endedAt, steps }
}

const STATES: Readonly<Record<Transfer['state'], TransferState>> = {
  debit: 'PENDING',
  credit: 'PENDING',
  return: 'PENDING',
  completed: 'COMPLETED',
  failed: 'FAILED',
  stuck: 'STUCK',
}
