import type { InstanceView } from '../../api/index.ts'
import type { StreamsState, TaskInfo } from '../../topology/index.ts'

/** An instance that runs, or did, as the page shows it. */
export function instanceView(id: string, state: StreamsState, tasks: readonly TaskInfo[]): InstanceView {
  const isRestoring = tasks.some((task) => task.state === 'restoring')
  return {
    id,
    state: stateOf(state, isRestoring),
    tasks: tasks.map((task) => ({ id: task.name, state: task.state === 'running' ? 'RUNNING' : 'RESTORING', lag: task.lag })),
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
