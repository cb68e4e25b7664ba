import { StreamsBuilder } from '../../dsl/index.ts'
import { TopologyTestDriver } from '../../testing/test-driver/topology-test-driver.ts'

/** A record as `[topic, key, value, timestamp]`, or an advance of the wall clock. */
export type Step = readonly [topic: string, key: unknown, value: unknown, timestamp: number] | { readonly advanceWallClockMs: number }

export type Row = readonly [key: unknown, value: unknown, timestamp: number]

/** Runs the topology over the steps and returns the records of its output topic, in order. */
export function drive(describeTopology: (builder: StreamsBuilder) => void, steps: readonly Step[], topic = 'out'): Promise<readonly Row[]> {
  return afterwards(describeTopology, steps, async (driver) =>
    (await driver.output(topic).read()).map(({ key, value, timestamp }): Row => [key, value, timestamp]),
  )
}

/** Runs the topology over the steps and returns the number of dropped records by reason code. */
export function drops(
  describeTopology: (builder: StreamsBuilder) => void,
  steps: readonly Step[],
): Promise<Readonly<{ [reason: string]: number }>> {
  return afterwards(describeTopology, steps, async (driver) => driver.dropped())
}

async function afterwards<T>(
  describeTopology: (builder: StreamsBuilder) => void,
  steps: readonly Step[],
  read: (driver: TopologyTestDriver) => Promise<T>,
): Promise<T> {
  const builder = new StreamsBuilder()
  describeTopology(builder)
  const driver = await TopologyTestDriver.open(builder.build())
  try {
    for (const step of steps) {
      if ('advanceWallClockMs' in step) await driver.advance(step.advanceWallClockMs)
      else await driver.input(step[0]).pipe(step[1], step[2], step[3])
    }
    return await read(driver)
  } finally {
    await driver.close()
  }
}
