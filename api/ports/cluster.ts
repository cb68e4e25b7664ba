/** The running engine as the page shows it, and where it is embedded, steers it. */
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
  /** In order: commits, hands its tasks over, leaves. False: no such instance runs. */
  stop(id: string): Promise<boolean>
  /** As a crash would. False: no such instance runs. */
  kill(id: string): Promise<boolean>
}

export interface TopologyGraph {
  readonly description: string
  readonly subtopologies: readonly { readonly id: number; readonly nodes: readonly GraphNode[] }[]
}

export interface GraphNode {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly topics: readonly string[]
  readonly stores: readonly string[]
  /** Ids of the nodes that records go to from here. */
  readonly children: readonly string[]
}

export interface InstanceView {
  readonly id: string
  readonly state: 'STARTING' | 'REBALANCING' | 'RESTORING' | 'RUNNING' | 'STOPPED' | 'DEAD'
  readonly tasks: readonly { readonly id: string; readonly state: 'RESTORING' | 'RUNNING' | 'STANDBY'; readonly lag: number }[]
}

export interface Rebalance {
  readonly time: number
  readonly generation: number
  readonly reason: string
  readonly moved: readonly string[]
}

export interface ClusterMetrics {
  readonly time: number
  readonly nodes: readonly { readonly id: string; readonly recordsPerSecond: number; readonly lag: number }[]
  readonly transfersPerSecond: number
  readonly lag: number
  /** Null: not yet known. */
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
