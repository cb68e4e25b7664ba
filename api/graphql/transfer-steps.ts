import type { TransferStepName } from '../../processors/index.ts'

/** The schema's `TransferStepName` of each step that the saga stores. */
export const TRANSFER_STEP_NAMES: Readonly<Record<TransferStepName, string>> = {
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
  if (!isStepName(stored)) throw new Error(`Transfer step "${stored}" has no TransferStepName: upgrade the API to the processors' version.`)
  return TRANSFER_STEP_NAMES[stored]
}

function isStepName(name: string): name is TransferStepName {
  return Object.hasOwn(TRANSFER_STEP_NAMES, name)
}
