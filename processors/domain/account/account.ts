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
  /** What was paid in on the latest day with a deposit; days are UTC's, counted from the epoch. */
  readonly cash: { readonly day: number; readonly amount: bigint }
  readonly owners: readonly Owner[]
  readonly settings: AlertSettings
}

/** Of deposits to one account on one day, in cents. */
export const MAX_CASH_A_DAY = 500_000n

const DAY_MS = 24 * 3_600_000

export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS)
}

export const NO_ALERTS: AlertSettings = { balanceBelow: null, amountAbove: null, counterpartyNew: false, debitsInFiveMinutes: null }
