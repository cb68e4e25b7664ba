import type { InstanceView } from '../../api/index.ts'
import type { StreamsState, TaskInfo } from '../../topology/index.ts'

/** A task that is not running is on its way there, or closes within moments. */
const TASK_STATES = {
  created: 'RESTORING',
  restoring: 'RESTORING',
  waiting: 'RESTORING',
  stalled: 'RESTORING',
  running: 'RUNNING',
  suspended: 'RUNNING',
  closed: 'RUNNING',
  standby: 'STANDBY',
} as const satisfies Record<TaskInfo['state'], InstanceView['tasks'][number]['state']>

/** An instance, running or stopped, as the page shows it. */
export function instanceView(id: string, state: StreamsState, tasks: readonly TaskInfo[]): InstanceView {
  const isRestoring = tasks.some((task) => task.state === 'restoring')
  return {
    id,
    state: stateOf(state, isRestoring),
    tasks: tasks.map(({ name, state: taskState, lag }) => ({ id: name, state: TASK_STATES[taskState], lag })),
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
