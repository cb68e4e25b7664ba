import type { CreateBankAccount, CreateUserAccount, MoneyTransfer } from '../schemas/index.ts'
import { CASH, COMPANY_IBAN } from './domain/iban.ts'
import { OPENING_DEPOSIT } from './domain/transfer/opening-deposit.ts'

type Unsent<C> = Omit<C, 'deadline' | 'replyTo' | 'expectedVersion'>

/** The owner of the bank's own account. His name is too short for anybody to sign up with. */
export const COMPANY_OWNER = 'openweb'

/** Stands for a password that nobody has. */
const NO_PASSWORD = '!'

/** What makes the bank's own account, in order. The ids are fixed: sent again, nothing more happens. */
export function companyBootstrap(): readonly [Unsent<CreateUserAccount>, Unsent<CreateBankAccount>, Unsent<MoneyTransfer>] {
  const { id, to, amount } = OPENING_DEPOSIT
  return [
    { type: 'CreateUserAccount', id: '00000000-0000-4000-8000-000000000001', username: COMPANY_OWNER, passwordHash: NO_PASSWORD },
    { type: 'CreateBankAccount', id: '00000000-0000-4000-8000-000000000002', username: COMPANY_OWNER, iban: COMPANY_IBAN },
    { type: 'MoneyTransfer', id, to, amount, from: CASH, token: '', username: COMPANY_OWNER, description: 'initial funds' },
  ]
}
