import type { AlertSettings } from '../../../schemas/index.ts'

/** Cents. A debit is allowed while the balance after it is not below. */
export const LIMIT = -50_000n

export interface Owner {
  readonly username: string
  /** Authorises moves of money; one per account and owner. */
  readonly token: string
}

export interface Account {
  readonly iban: string
  readonly balance: bigint
  readonly owners: readonly Owner[]
  readonly settings: AlertSettings
}

export const NO_ALERTS: AlertSettings = { balanceBelow: null, amountAbove: null, counterpartyNew: false, debitsInFiveMinutes: null }
