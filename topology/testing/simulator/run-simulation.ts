import { systemPorts } from '../../system-ports.ts'
import { MUTATIONS, mutationNamed } from './mutations.ts'
import type { Scenario } from './scenario.ts'
import { simulate } from './simulate.ts'

export interface SimulationOptions {
  /** One or several, which take turns from seed to seed. */
  readonly scenarios: readonly [Scenario, ...Scenario[]]
  readonly seeds: number
  /** First seed. Default 1. */
  readonly from?: number
  readonly mutation?: string
  /** Only the closing line. */
  readonly json?: boolean
  readonly write: (line: string) => void
}

/** Names of the deliberate bugs. */
export const mutationNames: readonly string[] = MUTATIONS.map(({ name }) => name)

/**
 * Runs seeds until one breaks an invariant or all have been run; closes with a line of JSON. Answers with the exit code: 0
 * when nothing was broken, 1 with the seed when something was.
 */
export async function runSimulation(options: SimulationOptions): Promise<number> {
  const { scenarios, seeds, from = 1, write } = options
  const mutation = mutationNamed(options.mutation ?? 'none')
  const { clock } = systemPorts()
  const start = clock.monotonic()
  Error.stackTraceLimit = 0 // thousands of errors are part of the play, and none is looked at
  let steps = 0
  let run = 0
  let broken: { readonly seed: number; readonly violations: readonly string[] } | undefined
  for (let seed = from; seed < from + seeds && broken === undefined; seed++) {
    const result = await simulate(scenarios[seed % scenarios.length] ?? scenarios[0], seed, mutation)
    steps += result.steps
    run++
    if (result.violations.length > 0) broken = result
  }
  const seconds = (clock.monotonic() - start) / 1000
  if (broken !== undefined && !options.json) {
    write(`seed ${broken.seed}${options.mutation === undefined ? '' : ` with mutation ${options.mutation}`} breaks:`)
    for (const violation of broken.violations) write(`  ${violation}`)
    write(
      `again: npm run simulate -- --seeds 1 --from ${broken.seed}${options.mutation === undefined ? '' : ` --mutation ${options.mutation}`}`,
    )
  }
  write(
    JSON.stringify({
      seeds: run,
      violations: broken?.violations.length ?? 0,
      ...(broken === undefined ? {} : { seed: broken.seed }),
      seedsPerSecond: Math.round(run / seconds),
      steps,
    }),
  )
  return broken === undefined ? 0 : 1
}
