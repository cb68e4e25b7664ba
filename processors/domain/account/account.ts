import type { AlertSettings } from '../../../schemas/index.ts'

/** Lowest balance that a debit may leave, in cents. */
export const LIMIT = -50_000n

export interface Owner {
  readonly username: string
  /** Authorises the owner's commands; each account and owner has its own. */
  readonly token: string
}

export interface Account {
  readonly iban: string
  readonly balance: bigint
  /** Total of the latest day with a deposit, in cents. `day` counts UTC days from the epoch. */
  readonly cash: { readonly day: number; readonly amount: bigint }
  readonly owners: readonly Owner[]
  readonly settings: AlertSettings
}

/** Limit for the deposits to one account on one day, in cents. */
export const MAX_CASH_A_DAY = 500_000n

const DAY_MS = 24 * 3_600_000

export function dayOf(time: number): number {
  return Math.floor(time / DAY_MS)
}

export const NO_ALERTS: AlertSettings = { balanceBelow: null, amountAbove: null, counterpartyNew: false, debitsInFiveMinutes: null }
