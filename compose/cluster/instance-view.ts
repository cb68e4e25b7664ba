import type { InstanceView } from '../../api/index.ts'
import type { InstanceHealth, StreamsState, TaskInfo } from '../../topology/index.ts'

/** A task that is created is on its way to run, and one that is suspended closes within moments. */
const TASK_STATES = {
  created: 'RESTORING',
  restoring: 'RESTORING',
  waiting: 'WAITING',
  stalled: 'STALLED',
  running: 'RUNNING',
  suspended: 'RUNNING',
  closed: 'RUNNING',
  standby: 'STANDBY',
} as const satisfies Record<TaskInfo['state'], InstanceView['tasks'][number]['state']>

/** An instance, running or stopped, as the page shows it. */
export function instanceView(id: string, state: StreamsState, tasks: readonly TaskInfo[], health: InstanceHealth): InstanceView {
  const isRestoring = tasks.some((task) => task.state === 'restoring')
  return {
    id,
    state: stateOf(state, isRestoring),
    healthy: health.isHealthy,
    problems: health.problems,
    tasks: tasks.map(({ name, state: taskState, obstacle, lag }) => ({
      id: name,
      state: TASK_STATES[taskState],
      reason: obstacle?.reason ?? null,
      record: obstacle?.record ?? null,
      since: obstacle?.since ?? null,
      lag,
    })),
  }
}

function stateOf(state: StreamsState, isRestoring: boolean): InstanceView['state'] {
  switch (state) {
    case 'created':
    case 'starting':
      return 'STARTING'
    case 'rebalancing':
      return 'REBALANCING'
    case 'running':
      return isRestoring ? 'RESTORING' : 'RUNNING'
    case 'stopped':
      return 'STOPPED'
    case 'failed':
      return 'DEAD'
    default:
      return state satisfies never
  }
}
