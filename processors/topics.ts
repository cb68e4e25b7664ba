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
const RETENTION_OF_A_WEEK = { 'retention.ms': '604800000' }
/** Topics whose records are only read while a client waits or watches. */
const SHORT_LIVED: readonly string[] = [TOPICS.outcomes, TOPICS.transfers]
/**
 * Topics whose records are carried out once. What they led to is in the events. A processor that has not run for a week stops at their
 * missing records, so the time is much longer than a command's deadline.
 */
const CARRIED_OUT: readonly string[] = [TOPICS.userCommands, TOPICS.accountCommands, TOPICS.transferCommands, TOPICS.transferAnswers]

/** The topics to create. */
export function bankTopics(partitions: number): readonly TopicSpec[] {
  return Object.values(TOPICS).map((name) => ({
    name,
    partitions,
    config: SHORT_LIVED.includes(name) ? RETENTION_OF_A_DAY : CARRIED_OUT.includes(name) ? RETENTION_OF_A_WEEK : UNLIMITED_RETENTION,
  }))
}
