import type { Event } from '../../schemas/index.ts'

/** The names that the saga stores: the events of a transfer and of its accounts, and the one end without an event. */
type StoredStep = Extract<Event, { readonly transferId: string }>['type'] | 'TransferStuck'

/** The schema's `TransferStepName` of each stored step. A new event of a transfer does not compile without an entry here. */
export const TRANSFER_STEP_NAMES: Readonly<Record<StoredStep, string>> = {
  TransferStarted: 'TRANSFER_STARTED',
  MoneyDebited: 'MONEY_DEBITED',
  MoneyCredited: 'MONEY_CREDITED',
  MoneyReturned: 'MONEY_RETURNED',
  TransferCompleted: 'TRANSFER_COMPLETED',
  TransferFailed: 'TRANSFER_FAILED',
  TransferStuck: 'TRANSFER_STUCK',
}

/** Throws for a step that a newer version of the processors has written. */
export function transferStepName(stored: string): string {
  if (!isStoredStep(stored))
    throw new Error(`Transfer step "${stored}" has no TransferStepName: upgrade the API to the processors' version.`)
  return TRANSFER_STEP_NAMES[stored]
}

function isStoredStep(name: string): name is StoredStep {
  return Object.hasOwn(TRANSFER_STEP_NAMES, name)
}
