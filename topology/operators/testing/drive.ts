/** Runs a drawing over some records: what comes out of its topics, in order, and what it left out. */
import { StreamsBuilder } from '../../dsl/index.ts'
import { DirectDriver } from '../../testing/direct-driver.ts'

/** `[topic, key, value, timestamp]`, or a move of the wall clock. */
export type Step = readonly [topic: string, key: unknown, value: unknown, timestamp: number] | { readonly advanceWallClockMs: number }

export type Row = readonly [key: unknown, value: unknown, timestamp: number]

/** The rows of topic `out` (or of another one), as they came out. */
export function drive(draw: (builder: StreamsBuilder) => void, steps: readonly Step[], topic = 'out'): Promise<readonly Row[]> {
  return afterwards(draw, steps, (driver) => driver.takeOutput(topic).map(({ key, value, timestamp }): Row => [key, value, timestamp]))
}

/** How many records were left out, by reason. */
export function drops(draw: (builder: StreamsBuilder) => void, steps: readonly Step[]): Promise<Readonly<{ [reason: string]: number }>> {
  return afterwards(draw, steps, (driver) => driver.dropped())
}

async function afterwards<T>(
  draw: (builder: StreamsBuilder) => void,
  steps: readonly Step[],
  look: (driver: DirectDriver) => T,
): Promise<T> {
  const builder = new StreamsBuilder()
  draw(builder)
  const driver = await DirectDriver.open(builder.build())
  try {
    for (const step of steps) {
      if ('advanceWallClockMs' in step) await driver.advanceWallClock(step.advanceWallClockMs)
      else await driver.pipe(...step)
    }
    return look(driver)
  } finally {
    await driver.close()
  }
}
