/** Runs a drawing over some records: what comes out of its topics, in order, and what it left out. */
import { StreamsBuilder } from '../../dsl/index.ts'
import { TopologyTestDriver } from '../../testing/test-driver/topology-test-driver.ts'

/** `[topic, key, value, timestamp]`, or a move of the wall clock. */
export type Step = readonly [topic: string, key: unknown, value: unknown, timestamp: number] | { readonly advanceWallClockMs: number }

export type Row = readonly [key: unknown, value: unknown, timestamp: number]

/** The rows of topic `out` (or of another one), as they came out. */
export function drive(draw: (builder: StreamsBuilder) => void, steps: readonly Step[], topic = 'out'): Promise<readonly Row[]> {
  return afterwards(draw, steps, async (driver) =>
    (await driver.output(topic).read()).map(({ key, value, timestamp }): Row => [key, value, timestamp]),
  )
}

/** How many records were left out, by reason. */
export function drops(draw: (builder: StreamsBuilder) => void, steps: readonly Step[]): Promise<Readonly<{ [reason: string]: number }>> {
  return afterwards(draw, steps, async (driver) => driver.dropped())
}

async function afterwards<T>(
  draw: (builder: StreamsBuilder) => void,
  steps: readonly Step[],
  look: (driver: TopologyTestDriver) => Promise<T>,
): Promise<T> {
  const builder = new StreamsBuilder()
  draw(builder)
  const driver = await TopologyTestDriver.open(builder.build())
  try {
    for (const step of steps) {
      if ('advanceWallClockMs' in step) await driver.advance(step.advanceWallClockMs)
      else await driver.input(step[0]).pipe(step[1], step[2], step[3])
    }
    return await look(driver)
  } finally {
    await driver.close()
  }
}
