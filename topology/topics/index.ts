/**
 * The topics of an application. `internalTopics` are its repartition, changelog and dead-letter topics. `planTopics` compares declared
 * topics with those of a cluster; `applyTopics` carries a plan out. A `TopicTable` is what a running instance knows of its topics.
 */
export { applyTopics } from './apply-topics.ts'
export { deadLetterTopic, internalTopics } from './internal-topics.ts'
export { planTopics } from './topic-plan.ts'
export type { Setting, TopicAction, TopicPlan, TopicPlanOptions } from './topic-plan.ts'
export { TopicTable } from './topic-table.ts'
export type { StoredOffsets, TopicTableOptions } from './topic-table.ts'
