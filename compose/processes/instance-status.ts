import type { Streams, StreamsState, TaskInfo } from '../../topology/index.ts'

/** How an instance says it is doing. */
export interface InstanceStatus {
  readonly instanceId: string
  readonly state: StreamsState
  readonly tasks: readonly TaskInfo[]
}

export function statusOf(streams: Streams): InstanceStatus {
  return { instanceId: streams.instanceId, state: streams.state, tasks: streams.tasks() }
}
