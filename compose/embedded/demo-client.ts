import type { NewCommand } from '../../api/index.ts'
import { CASH, ownIban } from '../../processors/index.ts'

export const DEMO_CLIENT = { username: 'demo-client', password: 'open-sesame' } as const

const IBAN = ownIban(100_000_001)
const DEPOSIT = 50_000n

/** Commands that create a client with an account and some money, for a first look without signing up. Fixed ids make them idempotent. */
export function demoClient(passwordHash: string): readonly NewCommand[] {
  const { username } = DEMO_CLIENT
  const deposit = { from: CASH, to: IBAN, amount: DEPOSIT, description: 'Deposit', username, token: '' }
  return [
    { type: 'CreateUserAccount', id: '00000000-0000-4000-8000-000000000011', username, passwordHash },
    { type: 'CreateBankAccount', id: '00000000-0000-4000-8000-000000000012', username, iban: IBAN },
    { type: 'MoneyTransfer', id: '00000000-0000-4000-8000-000000000013', ...deposit },
  ]
}
