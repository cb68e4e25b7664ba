/** Everything that is wrong with a topology, at once. */
export class TopologyError extends Error {
  readonly code = 'TOPOLOGY_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the topology cannot be built:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'TopologyError'
    this.problems = problems
  }
}
