import { COMPANY_IBAN } from '../iban.ts'

/** The bank's initial funds: the only deposit above the cash limits. Its fixed id makes a second one a duplicate. `amount` in cents. */
export const OPENING_DEPOSIT = { id: '00000000-0000-4000-8000-000000000003', to: COMPANY_IBAN, amount: 10n ** 17n } as const
