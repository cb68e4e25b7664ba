import { crc32c } from '@node-rs/crc32'
import { FAITHFUL, type Mutation } from './mutations.ts'
import type { Scenario } from './scenario.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualTime } from './virtual-time.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  readonly violations: readonly string[]
  /** Number of virtual-time events. */
  readonly steps: number
  /** Digest of the run. The same seed always gives the same digest. */
  readonly trace: number
}

const START_MS = 1_700_000_000_000
/** Virtual time for the phase with faults. */
const FAULTS_MAX_MS = 60_000
/** Virtual time to complete all work after the faults have ended. */
const COMPLETION_MAX_MS = 120_000
const CHECK_INTERVAL_MS = 100
/** Continues for this long after completion, to catch duplicates that arrive late. */
const EXTRA_MS = 250

/** Runs production code on a virtual clock, with faults derived from the seed. */
export async function simulate(scenario: Scenario, seed: number, mutation: Mutation = FAITHFUL): Promise<SeedResult> {
  const random = new SeededRandom(seed)
  const time = new VirtualTime(random, promisesSettled, START_MS)
  const world = new World(scenario, mutation, random, time)
  const violations: string[] = []
  let isRunning = true
  const running = world
    .open()
    .then(() => world.run())
    .catch((error: unknown) => void violations.push(`the simulation failed: ${String(error)}`))
    .finally(() => (isRunning = false))
  if (!(await time.runUntil(() => !isRunning, START_MS + FAULTS_MAX_MS))) violations.push('not every record of the client was acknowledged')
  else await running
  world.heal()
  const until = time.now() + COMPLETION_MAX_MS
  let isAtRest = await world.isAtRest()
  while (!isAtRest && time.now() < until) {
    const next = time.now() + CHECK_INTERVAL_MS
    await time.runUntil(() => false, next)
    isAtRest = await world.isAtRest()
  }
  await time.runUntil(() => false, time.now() + EXTRA_MS)
  if (!isAtRest) violations.push('the work was not completed in time')
  violations.push(...(await world.violations()))
  world.end()
  return { seed, violations, steps: time.steps, trace: crc32c(`${time.steps} ${time.now()} ${random.next()} ${violations.join()}`) }
}

/** Node runs its tick queue when no promise reaction is left. Cheaper than a turn of the event loop (DECISIONS 30). */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
