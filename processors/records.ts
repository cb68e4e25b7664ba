import type { Outcome, RecordName, View } from '../schemas/index.ts'
import { commandTypesOf, eventTypesOf } from './domain/messages.ts'
import { TOPICS, type TopicName } from './topics.ts'

type OutcomeType = Outcome['type']
type ViewType = View['type']

const OUTCOMES = { CommandSucceeded: true, CommandFailed: true } as const satisfies Readonly<Record<OutcomeType, true>>

const VIEW_TOPICS = {
  TransactionRow: 'transactions',
  TransferView: 'transfers',
  AlertRaised: 'alerts',
} as const satisfies Readonly<Record<ViewType, TopicName>>

type ViewTypeOn<Topic extends TopicName> = {
  [Type in ViewType]: (typeof VIEW_TOPICS)[Type] extends Topic ? Type : never
}[ViewType]

/** The records that each topic holds. */
export const RECORDS = {
  userCommands: commandTypesOf('user'),
  accountCommands: commandTypesOf('account'),
  transferCommands: commandTypesOf('transfer'),
  transferAnswers: outcomeTypes(),
  userEvents: eventTypesOf('user'),
  accountEvents: eventTypesOf('account'),
  transferEvents: eventTypesOf('transfer'),
  outcomes: outcomeTypes(),
  transactions: viewTypesOn('transactions'),
  transfers: viewTypesOn('transfers'),
  alerts: viewTypesOn('alerts'),
} satisfies Readonly<Record<TopicName, readonly RecordName[]>>

/** How subjects are named: by the record's full name (Confluent's RecordNameStrategy), or by topic and record (TopicRecordNameStrategy). */
export type SubjectNaming = 'record' | 'topic-record'

/** The subjects that a record's schema is registered under. */
export function bankSubjects(naming: SubjectNaming): (name: RecordName, fullName: string) => readonly string[] {
  if (naming === 'record') return (_, fullName) => [fullName]
  const topics = Object.entries(RECORDS) as [TopicName, readonly RecordName[]][]
  return (name, fullName) => topics.filter(([, records]) => records.includes(name)).map(([topic]) => `${TOPICS[topic]}-${fullName}`)
}

function outcomeTypes(): readonly OutcomeType[] {
  return Object.keys(OUTCOMES) as OutcomeType[]
}

function viewTypesOn<Topic extends TopicName>(topic: Topic): readonly ViewTypeOn<Topic>[] {
  const types = Object.keys(VIEW_TOPICS) as ViewType[]
  return types.filter((type): type is ViewTypeOn<Topic> => VIEW_TOPICS[type] === topic)
}
