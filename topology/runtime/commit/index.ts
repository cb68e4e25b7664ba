/**
 * Commit: how tasks make their work permanent. A task collects its records in an *output buffer*; the instance's *group commit* puts what several
 * tasks commit at about the same time into one *transaction*, sent by one *producer* of a small pool, each with a *transactional id* of its own.
 * Transactions that dead members left open are ended before a task reads its committed offset (KIP-447).
 */
export { GroupCommit } from './group-commit.ts'
export type { CommitIdentity } from './group-commit.ts'
export { LeftTransactions } from './left-transactions.ts'
export { OutputBuffer } from './output-buffer.ts'
export type { TopicRules } from './output-buffer.ts'
export { transactionalIdPrefix } from './transactional-id.ts'
