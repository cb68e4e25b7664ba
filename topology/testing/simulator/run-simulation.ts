import { systemPorts } from '../../system-ports.ts'
import { MUTATIONS, mutationNamed } from './mutations.ts'
import type { Scenario } from './scenario.ts'
import { simulate } from './simulate.ts'

export interface SimulationOptions {
  /** With several scenarios, seeds alternate between them. */
  readonly scenarios: readonly [Scenario, ...Scenario[]]
  readonly seeds: number
  /** First seed. Default 1. */
  readonly from?: number
  readonly mutation?: string
  /** Prints only the final line of JSON. */
  readonly json?: boolean
  readonly write: (line: string) => void
}

/** The names of the deliberate bugs. */
export const mutationNames: readonly string[] = MUTATIONS.map(({ name }) => name)

/**
 * Runs seeds until one violates an invariant or all have run, then writes a line of JSON. Resolves with the exit code: 0 without
 * violations, 1 otherwise.
 */
export async function runSimulation(options: SimulationOptions): Promise<number> {
  const { scenarios, seeds, from = 1, write } = options
  const mutation = mutationNamed(options.mutation ?? 'none')
  const { clock } = systemPorts()
  const start = clock.monotonic()
  Error.stackTraceLimit = 0 // a run creates thousands of errors, and no stack is printed
  let steps = 0
  let run = 0
  let violated: { readonly seed: number; readonly violations: readonly string[] } | undefined
  for (let seed = from; seed < from + seeds && violated === undefined; seed++) {
    const result = await simulate(scenarios[seed % scenarios.length] ?? scenarios[0], seed, mutation)
    steps += result.steps
    run++
    if (result.violations.length > 0) violated = result
  }
  const seconds = (clock.monotonic() - start) / 1000
  if (violated !== undefined && !options.json) {
    write(`seed ${violated.seed}${options.mutation === undefined ? '' : ` with mutation ${options.mutation}`} violates:`)
    for (const violation of violated.violations) write(`  ${violation}`)
    write(
      `reproduce: npm run simulate -- --seeds 1 --from ${violated.seed}${options.mutation === undefined ? '' : ` --mutation ${options.mutation}`}`,
    )
  }
  write(
    JSON.stringify({
      seeds: run,
      violations: violated?.violations.length ?? 0,
      ...(violated === undefined ? {} : { seed: violated.seed }),
      seedsPerSecond: Math.round(run / seconds),
      steps,
    }),
  )
  return violated === undefined ? 0 : 1
}
