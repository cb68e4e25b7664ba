import type { Admin } from '../broker/index.ts'
import type { TopicAction } from './topic-plan.ts'

/** Carries a plan out. Idempotent, so it can be repeated after an error. */
export async function applyTopics(admin: Admin, actions: readonly TopicAction[]): Promise<void> {
  await admin.createTopics(actions.flatMap((action) => (action.kind === 'create' ? [action.topic] : [])))
  for (const action of actions) {
    switch (action.kind) {
      case 'create':
        break
      case 'configure':
        await admin.alterTopic(action.name, Object.fromEntries(action.settings.map(({ key, declared }) => [key, declared])))
        break
      case 'addPartitions':
        await admin.createPartitions(action.name, action.to)
        break
      case 'delete':
        await admin.deleteTopics([action.name])
        break
      default:
        action satisfies never
    }
  }
}
