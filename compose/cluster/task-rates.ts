import type { ClusterMetrics } from '../../api/index.ts'
import { totalLag, type Clock, type PartitionLag, type TaskInfo, type Topology } from '../../topology/index.ts'

/** Shorter intervals give no meaningful rate. */
const MIN_INTERVAL_MS = 500

/** Records per second by sub-topology, from its tasks' counters. The counter of a task that moves restarts at 0. */
export class TaskRates {
  readonly #clock: Clock
  readonly #sources: readonly { readonly subtopology: number; readonly node: string }[]
  #seen = new Map<string, number>()
  #rates = new Map<number, number>()
  #at: number

  constructor(topology: Topology, clock: Clock) {
    this.#clock = clock
    this.#at = clock.monotonic()
    this.#sources = topology.subtopologies.flatMap(({ id, nodes }) =>
      nodes.filter(({ kind }) => kind === 'source').map(({ name }) => ({ subtopology: id, node: `${id}/${name}` })),
    )
  }

  /** By source node: the input rate and the lag of its sub-topology. */
  nodes(tasks: readonly TaskInfo[], lags: readonly PartitionLag[]): ClusterMetrics['nodes'] {
    this.#sample(tasks)
    return this.#sources.map(({ subtopology, node }) => ({
      id: node,
      recordsPerSecond: this.#rates.get(subtopology) ?? 0,
      lag: totalLag(lags.filter(({ task }) => subtopologyOf(task) === subtopology)),
    }))
  }

  #sample(tasks: readonly TaskInfo[]): void {
    const now = this.#clock.monotonic()
    const seconds = (now - this.#at) / 1_000
    if (seconds * 1_000 < MIN_INTERVAL_MS) return
    const counts = new Map<number, number>()
    for (const { name, records } of tasks) {
      const before = this.#seen.get(name) ?? 0
      const subtopology = subtopologyOf(name)
      counts.set(subtopology, (counts.get(subtopology) ?? 0) + Math.max(0, records - before))
    }
    this.#rates = new Map([...counts].map(([subtopology, count]) => [subtopology, Math.round((count / seconds) * 10) / 10]))
    this.#seen = new Map(tasks.map(({ name, records }) => [name, records]))
    this.#at = now
  }
}

/** Tasks are named `<sub-topology>_<partition>`. */
function subtopologyOf(task: string): number {
  return Number(task.slice(0, task.indexOf('_')))
}
