/**
 * The bank. *Commands* reach the *aggregate* they are about (user, account, transfer), which decides by its rules and its state:
 * *events* and one *outcome* come out. A *transfer* is led through its steps by a saga. Rows, balances, turnovers and alerts are folded
 * from the events alone. `bankTopology` draws all of it, `BankQueries` asks it, `Books` checks that no money is made or lost.
 */
export { bankTopology } from './bank-topology.ts'
export type { BankOptions } from './bank-topology.ts'
export { commandFormat, eventFormats, feedFormats, publishedFormats } from './bank-messages.ts'
export type { BankCommand, CommandFormat, EventFormats, FeedFormat, FeedFormats } from './bank-messages.ts'
export { BankQueries } from './bank-queries.ts'
export type { AccountView, LastTransaction } from './bank-queries.ts'
export type { TurnoverWindow, WindowSize } from './turnover-queries.ts'
export { Books } from './books.ts'
export { companyBootstrap, COMPANY_OWNER } from './company-bootstrap.ts'
export { bankSubjects } from './records.ts'
export type { SubjectNaming } from './records.ts'
export { bankTopics, TOPICS } from './topics.ts'
export { CASH, COMPANY_IBAN, isOwnIban, ownIban } from './domain/iban.ts'
export { OPENING_DEPOSIT } from './domain/transfer/opening-deposit.ts'
