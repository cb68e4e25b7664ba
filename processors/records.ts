import type { RecordName } from '../schemas/index.ts'
import { ACCOUNT_EVENTS } from './domain/account/evolve.ts'
import { TRANSFER_EVENTS } from './domain/transfer/transfer.ts'
import { TOPICS } from './topics.ts'

/** Which records each topic holds. */
export const RECORDS = {
  userCommands: ['CreateUserAccount', 'AddUserToBankAccount'],
  accountCommands: [
    'CreateBankAccount',
    'AddUserToBankAccount',
    'RemoveUserFromBankAccount',
    'DebitMoney',
    'CreditMoney',
    'ReturnMoney',
    'UpdateAlertSettings',
  ],
  transferCommands: ['MoneyTransfer'],
  transferAnswers: ['CommandSucceeded', 'CommandFailed'],
  userEvents: ['UserAccountCreated'],
  accountEvents: ACCOUNT_EVENTS,
  transferEvents: TRANSFER_EVENTS,
  outcomes: ['CommandSucceeded', 'CommandFailed'],
  transactions: ['TransactionRow'],
  transfers: ['TransferView'],
  alerts: ['AlertRaised'],
} as const satisfies Readonly<Record<keyof typeof TOPICS, readonly RecordName[]>>

/** How subjects are called: by the record's full name (Confluent's RecordNameStrategy), or by topic and record (TopicRecordNameStrategy). */
export type SubjectNaming = 'record' | 'topic-record'

/** The subjects that a record's schema is registered under. */
export function bankSubjects(naming: SubjectNaming): (name: RecordName, fullName: string) => readonly string[] {
  if (naming === 'record') return (_, fullName) => [fullName]
  const topics = Object.entries(RECORDS) as [keyof typeof TOPICS, readonly RecordName[]][]
  return (name, fullName) => topics.filter(([, records]) => records.includes(name)).map(([topic]) => `${TOPICS[topic]}-${fullName}`)
}
