/** All passes in order: drawing in, runnable topology out. Throws `TopologyError` with every problem found. */
import { compile } from './compile.ts'
import { insertRepartitions } from './insert-repartitions.ts'
import type { LogicalGraph } from './logical-graph.ts'
import { TopologyError } from './topology-error.ts'
import type { Topology } from './topology.ts'
import { validate } from './validate.ts'

export function buildTopology(drawn: LogicalGraph): Topology {
  const graph = insertRepartitions(drawn)
  const problems = validate(graph)
  if (problems.length > 0) throw new TopologyError(problems)
  return compile(graph)
}
