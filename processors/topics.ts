import type { TopicSpec } from '../topology/index.ts'

/** The bank's topics. Commands and events are keyed by aggregate, outcomes by whoever waits for them. */
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

const KEPT_FOR_EVER = { 'retention.ms': '-1' }
const KEPT_FOR_A_DAY = { 'retention.ms': '86400000' }

/** What is to be created: events are kept for ever, commands and answers for as long as somebody may ask again. */
export function bankTopics(partitions: number): readonly TopicSpec[] {
  const shortLived: readonly string[] = [TOPICS.outcomes, TOPICS.transfers]
  return Object.values(TOPICS).map((name) => ({ name, partitions, config: shortLived.includes(name) ? KEPT_FOR_A_DAY : KEPT_FOR_EVER }))
}
