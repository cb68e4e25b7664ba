import type { CreateBankAccount, CreateUserAccount, MoneyTransfer } from '../schemas/index.ts'
import { CASH, COMPANY_IBAN } from './domain/iban.ts'
import { OPENING_DEPOSIT } from './domain/transfer/opening-deposit.ts'

/** A command before the sender has added deadline and reply address. */
type Unsent<C> = Omit<C, 'deadline' | 'replyTo' | 'expectedVersion'>

/** The owner of the bank's own account. The name is too short to sign up with. */
export const COMPANY_OWNER = 'openweb'

/** A hash that no password has. */
const NO_PASSWORD = '!'

/** The commands that set up the bank's own account, in order. Their ids are fixed, so that sending them again changes nothing. */
export function companyBootstrap(): readonly [Unsent<CreateUserAccount>, Unsent<CreateBankAccount>, Unsent<MoneyTransfer>] {
  const { id, to, amount } = OPENING_DEPOSIT
  return [
    { type: 'CreateUserAccount', id: '00000000-0000-4000-8000-000000000001', username: COMPANY_OWNER, passwordHash: NO_PASSWORD },
    { type: 'CreateBankAccount', id: '00000000-0000-4000-8000-000000000002', username: COMPANY_OWNER, iban: COMPANY_IBAN },
    { type: 'MoneyTransfer', id, to, amount, from: CASH, token: '', username: COMPANY_OWNER, description: 'initial funds' },
  ]
}
