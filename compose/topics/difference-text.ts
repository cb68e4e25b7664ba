import type { TopicAction } from '../../topology/index.ts'
import type { Difference } from './synchroniser.ts'

/** One line per difference, for the terminal. */
export function linesOf({ topics, schemas, warnings, problems, matches }: Difference): readonly string[] {
  return [
    ...topics.flatMap(actionLines),
    ...schemas.map(({ subject, record }) => `+ schema of ${record} as subject ${subject}`),
    ...warnings.map((warning) => `note: ${warning}`),
    ...problems.map((problem) => `problem: ${problem}`),
    ...(matches ? ['Topics and schemas match the declaration.'] : []),
  ]
}

function actionLines(action: TopicAction): readonly string[] {
  switch (action.kind) {
    case 'create': {
      const { name, partitions, replicationFactor, config = {} } = action.topic
      const settings = Object.entries(config).map(([key, value]) => `, ${key}=${value}`)
      return [`+ ${name}: partitions=${partitions}, replicas=${replicationFactor}${settings.join('')}`]
    }
    case 'configure':
      return action.settings.map(
        ({ key, actual, declared }) => `~ ${action.name}: ${key} from ${actual ?? 'the broker’s default'} to ${declared}`,
      )
    case 'addPartitions':
      return [`~ ${action.name}: from ${action.from} to ${action.to} partitions`]
    case 'delete':
      return [`- ${action.name}`]
    default:
      return action satisfies never
  }
}
