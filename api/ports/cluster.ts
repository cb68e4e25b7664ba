import type { TopologyNode } from '../../topology/index.ts'

/** The running engine as the API shows it and, where instances run inside the API's process, controls it (DECISIONS 33). */
export interface Cluster {
  topology(): TopologyGraph
  instances(): readonly InstanceView[]
  /** Newest first. */
  rebalances(last: number): readonly Rebalance[]
  metrics(): ClusterMetrics
  /** Newest first. */
  deadLetters(last: number): Promise<readonly DeadLetterView[]>
  /** Absent where instances are processes of their own. */
  readonly control?: ClusterControl
}

export interface ClusterControl {
  add(): Promise<InstanceView>
  /** Orderly: the instance commits, closes its tasks and leaves the group. False: no such instance runs. */
  stop(id: string): Promise<boolean>
  /** Like a crash. False: no such instance runs. */
  kill(id: string): Promise<boolean>
}

export interface TopologyGraph {
  /** The text of `Topology.describe()`. */
  readonly description: string
  readonly subtopologies: readonly { readonly id: number; readonly nodes: readonly GraphNode[] }[]
}

export interface GraphNode {
  readonly id: string
  readonly name: string
  readonly kind: TopologyNode['kind']
  readonly topics: readonly string[]
  readonly stores: readonly string[]
  /** Ids of the nodes that this node forwards to. */
  readonly children: readonly string[]
}

export interface InstanceView {
  readonly id: string
  readonly state: 'STARTING' | 'REBALANCING' | 'RESTORING' | 'RUNNING' | 'STOPPED' | 'DEAD'
  readonly healthy: boolean
  /** Why it is not healthy, one line each. */
  readonly problems: readonly string[]
  readonly tasks: readonly TaskView[]
}

export interface TaskView {
  readonly id: string
  readonly state: 'RESTORING' | 'RUNNING' | 'WAITING' | 'STALLED' | 'STANDBY'
  /** Why it waits or is stalled, the record (`topic-partition@offset`), and since when; null where it does not. */
  readonly reason: string | null
  readonly record: string | null
  readonly since: number | null
  readonly lag: number
}

export interface Rebalance {
  readonly time: number
  readonly generation: number
  readonly reason: string
  /** Ids of the tasks that moved. */
  readonly moved: readonly string[]
}

export interface ClusterMetrics {
  readonly time: number
  readonly nodes: readonly { readonly id: string; readonly recordsPerSecond: number; readonly lag: number }[]
  readonly transfersPerSecond: number
  /** Records that are not processed yet, of every input partition, whichever instance owns it. */
  readonly lag: number
  /** Null: not known yet. */
  readonly booksBalanced: boolean | null
}

export interface DeadLetterView {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly reason: string
  readonly time: number
  readonly key: string | null
}
