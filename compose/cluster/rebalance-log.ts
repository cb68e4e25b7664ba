import type { Rebalance } from '../../api/index.ts'
import type { Clock, Streams } from '../../topology/index.ts'

const KEPT = 200

/** What each rebalance did. Every member reports the same assignment for a generation, so the first report is logged. */
export class RebalanceLog {
  readonly #clock: Clock
  readonly #rebalances: Rebalance[] = []
  #owners: ReadonlyMap<string, string> = new Map()
  #instances: readonly string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  record(generation: number, owners: Streams['owners']): void {
    const latest = this.#rebalances.at(-1)
    if (latest !== undefined && generation <= latest.generation) return
    const instances = owners.map(({ instanceId }) => instanceId)
    const now = new Map(owners.flatMap(({ instanceId, tasks }) => tasks.map((task) => [task, instanceId] as const)))
    const moved = [...now].filter(([task, instance]) => this.#owners.get(task) !== instance).map(([task]) => task)
    this.#rebalances.push({ time: this.#clock.now(), generation, reason: this.#reason(instances), moved })
    if (this.#rebalances.length > KEPT) this.#rebalances.shift()
    this.#owners = now
    this.#instances = instances
  }

  /** Newest first. */
  newest(count: number): readonly Rebalance[] {
    return this.#rebalances.slice(-count).toReversed()
  }

  #reason(instances: readonly string[]): string {
    const joined = instances.filter((id) => !this.#instances.includes(id))
    const left = this.#instances.filter((id) => !instances.includes(id))
    const parts = [
      ...(joined.length === 0 ? [] : [`${joined.join(', ')} joined`]),
      ...(left.length === 0 ? [] : [`${left.join(', ')} left`]),
    ]
    return parts.length === 0 ? 'Tasks moved' : parts.join('; ')
  }
}
