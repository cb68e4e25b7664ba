/**
 * The bank. *Commands* reach the *aggregate* they are about (user, account, transfer), which decides by its rules and its state:
 * *events* and one *outcome* come out. A *transfer* is led through its steps by a saga. Rows, balances and turnovers are folded from
 * the events alone. `bankTopology` draws all of it.
 */
export { bankTopology } from './bank-topology.ts'
export type { BankOptions, Turnover } from './bank-topology.ts'
export { bankTopics, TOPICS } from './topics.ts'
export { CASH, COMPANY_IBAN, isOwnIban, ownIban } from './domain/iban.ts'
export { OPENING_DEPOSIT } from './domain/transfer/transfer.ts'
export { rowKey } from './row-processor.ts'
