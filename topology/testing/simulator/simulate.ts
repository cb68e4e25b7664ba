import { crc32c } from '@node-rs/crc32'
import { FAITHFUL, type Mutation } from './mutations.ts'
import type { Scenario } from './scenario.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualTime } from './virtual-time.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  readonly violations: readonly string[]
  /** Events of the virtual time. */
  readonly steps: number
  /** Digest of the run: the same seed gives the same one. */
  readonly trace: number
}

const START_MS = 1_700_000_000_000
/** Longest life with faults, and longest way to rest without them, in virtual milliseconds. */
const LIFE_MS = 60_000
const REST_MS = 120_000
const LOOK_EVERY_MS = 100
/** So long nothing more may happen once it has come to rest. */
const QUIET_MS = 250

/** Runs the engine's own code on a virtual clock, with everything that goes wrong drawn from the seed. */
export async function simulate(scenario: Scenario, seed: number, mutation: Mutation = FAITHFUL): Promise<SeedResult> {
  const random = new SeededRandom(seed)
  const time = new VirtualTime(random, promisesSettled, START_MS)
  const world = new World(scenario, mutation, random, time)
  const violations: string[] = []
  let alive = true
  const life = world
    .open()
    .then(() => world.live())
    .catch((error: unknown) => void violations.push(`the world broke: ${String(error)}`))
    .finally(() => (alive = false))
  if (!(await time.runUntil(() => !alive, START_MS + LIFE_MS))) violations.push('the client did not get everything acknowledged')
  else await life
  world.heal()
  const until = time.now() + REST_MS
  let resting = await world.isAtRest()
  while (!resting && time.now() < until) {
    const next = time.now() + LOOK_EVERY_MS
    await time.runUntil(() => false, next)
    resting = await world.isAtRest()
  }
  await time.runUntil(() => false, time.now() + QUIET_MS)
  if (!resting) violations.push('it did not come to rest')
  violations.push(...(await world.violations()))
  world.end()
  return { seed, violations, steps: time.steps, trace: crc32c(`${time.steps} ${time.now()} ${random.next()} ${violations.join()}`) }
}

/** Node looks at its tick queue when no promise reaction is left: cheaper than a turn of the event loop, and nothing real is waited for. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
