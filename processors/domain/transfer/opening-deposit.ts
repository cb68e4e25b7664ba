import { COMPANY_IBAN } from '../iban.ts'

/** The one deposit beyond the limits for cash: the bank's own funds, once, under an id that is taken from then on. Cents. */
export const OPENING_DEPOSIT = { id: '00000000-0000-4000-8000-000000000003', to: COMPANY_IBAN, amount: 10n ** 17n } as const
