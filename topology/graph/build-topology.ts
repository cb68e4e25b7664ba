import { compile } from './compile.ts'
import { insertRepartitions } from './insert-repartitions.ts'
import type { LogicalGraph } from './logical-graph.ts'
import { TopologyError } from './topology-error.ts'
import type { Topology } from './topology.ts'
import { validate } from './validate.ts'

/** Runs all passes in order and returns the topology. Throws `TopologyError` with every problem found. */
export function buildTopology(described: LogicalGraph): Topology {
  const graph = insertRepartitions(described)
  const problems = validate(graph)
  if (problems.length > 0) throw new TopologyError(problems)
  return compile(graph)
}
