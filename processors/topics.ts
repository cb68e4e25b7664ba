import type { TopicSpec } from '../topology/index.ts'

/** The bank's topics. Commands and events are keyed by aggregate, outcomes by the `replyTo` of their command. */
export const TOPICS = {
  userCommands: 'bank-user-commands',
  accountCommands: 'bank-account-commands',
  transferCommands: 'bank-transfer-commands',
  transferAnswers: 'bank-transfer-answers',
  userEvents: 'bank-user-events',
  accountEvents: 'bank-account-events',
  transferEvents: 'bank-transfer-events',
  outcomes: 'bank-outcomes',
  transactions: 'bank-transactions',
  transfers: 'bank-transfers',
  alerts: 'bank-alerts',
} as const

export type TopicName = keyof typeof TOPICS

const UNLIMITED_RETENTION = { 'retention.ms': '-1' }
const RETENTION_OF_A_DAY = { 'retention.ms': '86400000' }
/** Topics whose records are only read while a client waits or watches. */
const SHORT_LIVED: readonly string[] = [TOPICS.outcomes, TOPICS.transfers]

/** The topics to create. */
export function bankTopics(partitions: number): readonly TopicSpec[] {
  return Object.values(TOPICS).map((name) => ({
    name,
    partitions,
    config: SHORT_LIVED.includes(name) ? RETENTION_OF_A_DAY : UNLIMITED_RETENTION,
  }))
}
