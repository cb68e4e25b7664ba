/** Thrown by `build()` with every problem of the topology. */
export class TopologyError extends Error {
  readonly code = 'TOPOLOGY_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The topology cannot be built:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'TopologyError'
    this.problems = problems
  }
}
