import type { InstanceHealth, Streams, StreamsState, TaskInfo } from '../../topology/index.ts'

/** What an instance reports about itself. */
export interface InstanceStatus {
  readonly instanceId: string
  readonly state: StreamsState
  readonly tasks: readonly TaskInfo[]
  readonly health: InstanceHealth
}

export function statusOf(streams: Streams): InstanceStatus {
  return { instanceId: streams.instanceId, state: streams.state, tasks: streams.tasks(), health: streams.health() }
}
