/** The topics of an application: which there have to be (`internalTopics`), and how a cluster is brought to have them (`planTopics`). */
export { applyTopics } from './apply-topics.ts'
export { deadLetterTopic, internalTopicName, internalTopics } from './internal-topics.ts'
export { planTopics } from './topic-plan.ts'
export type { Setting, TopicAction, TopicPlan, TopicPlanOptions } from './topic-plan.ts'
