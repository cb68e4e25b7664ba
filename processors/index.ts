/**
 * The bank. A *command* goes to the *aggregate* it concerns (user, account, transfer), which decides by its rules and its state and produces
 * *events* and one *outcome*. A saga leads each *transfer* through its steps. *Projections* (rows, balances, turnover, alerts)
 * are folded from the events alone. `bankTopology` builds all of it, `BankQueries` reads its state, `Books` checks that no money is made or lost.
 */
export { bankTopology } from './bank-topology.ts'
export type { BankOptions } from './bank-topology.ts'
export { commandFormat, eventFormats, feedFormats, publishedFormats } from './bank-messages.ts'
export type { BankCommand, CommandFormat, EventFormats, FeedFormat, FeedFormats } from './bank-messages.ts'
export { BankQueries } from './bank-queries.ts'
export type { AccountView, LastTransaction, StatementPage } from './bank-queries.ts'
export type { TurnoverWindow, WindowSize } from './turnover-queries.ts'
export { Books } from './books.ts'
export type { MoneyEvent } from './money-event.ts'
export { TRANSFER_STEP_NAMES } from './domain/transfer/steps.ts'
export type { TransferStepName } from './domain/transfer/steps.ts'
export type { NamedTransferView } from './transfer-view.ts'
export { companyBootstrap, COMPANY_OWNER } from './company-bootstrap.ts'
export { bankSubjects } from './records.ts'
export type { SubjectNaming } from './records.ts'
export { bankTopics, TOPICS } from './topics.ts'
export { CASH, COMPANY_IBAN, isOwnIban, ownIban } from './domain/iban.ts'
export { OPENING_DEPOSIT } from './domain/transfer/opening-deposit.ts'
