import type { StoreSpec } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts'
import { storeRows } from './store-rows.ts'
import type { Case, Json, OutputRow } from './vectors.ts'

/** The first difference, each side as one line of JSON. */
export interface Difference {
  readonly where: string
  readonly expected: string
  readonly received: string
  /** The input step during which it appeared. */
  readonly step?: string
}

/** Runs one recorded case on the test driver and compares outputs and stores with those of Kafka Streams. */
export async function replay(topology: Topology, recorded: Case): Promise<Difference | undefined> {
  const driver = await TopologyTestDriver.open(topology)
  try {
    const outputs = await runSteps(driver, [...new Set([...sinkTopics(topology), ...Object.keys(recorded.outputs)])], recorded)
    for (const [topic, received] of outputs) {
      const difference = differentRow(topic, recorded, recorded.outputs[topic] ?? [], received)
      if (difference !== undefined) return difference
    }
    return await differentStore(driver, topology, recorded)
  } finally {
    await driver.close()
  }
}

function sinkTopics({ subtopologies, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  return subtopologies
    .flatMap(({ nodes }) => nodes)
    .flatMap((node) => (node.kind === 'sink' && typeof node.topic === 'string' && !internal.has(node.topic) ? [node.topic] : []))
}

async function runSteps(
  driver: TopologyTestDriver,
  topics: readonly string[],
  { inputs }: Case,
): Promise<ReadonlyMap<string, readonly OutputRow[]>> {
  const outputs = topics.map((topic) => ({ topic, output: driver.output(topic), rows: [] as OutputRow[] }))
  for (const [index, step] of inputs.entries()) {
    if ('advanceWallClockMs' in step) {
      await driver.advance(step.advanceWallClockMs)
    } else {
      const [topic, key, value, timestamp] = step
      await driver.input(topic).pipe(key, value, timestamp)
    }
    for (const { output, rows } of outputs) {
      for (const { key, value, timestamp } of await output.read()) rows.push([key as Json, value as Json, timestamp, index])
    }
  }
  return new Map(outputs.map(({ topic, rows }) => [topic, rows]))
}

function differentRow(
  topic: string,
  recorded: Case,
  expected: readonly OutputRow[],
  received: readonly OutputRow[],
): Difference | undefined {
  const length = Math.max(expected.length, received.length)
  for (let row = 0; row < length; row++) {
    const [expectedText, receivedText] = [shown(expected[row]), shown(received[row])]
    if (expectedText === receivedText) continue
    const step = Math.min(expected[row]?.[3] ?? Infinity, received[row]?.[3] ?? Infinity)
    return {
      where: `output "${topic}", row ${row}`,
      expected: expectedText,
      received: receivedText,
      step: `${step}: ${shown(recorded.inputs[step])}`,
    }
  }
  return undefined
}

async function differentStore(
  driver: TopologyTestDriver,
  { subtopologies, globalStores }: Topology,
  recorded: Case,
): Promise<Difference | undefined> {
  const specs = new Map<string, StoreSpec>(
    [...subtopologies.flatMap(({ stores }) => stores), ...globalStores.map(({ store }) => store)].map((spec) => [spec.name, spec]),
  )
  for (const [name, rows] of Object.entries(recorded.stores)) {
    const spec = specs.get(name)
    if (spec === undefined) return { where: `store "${name}"`, expected: `${rows.length} rows`, received: 'no such store' }
    const expected = rows.map(shown).sort()
    const received = (await storeRows(driver.store(name), spec, recorded.inputs)).map(shown).sort()
    const different = expected.findIndex((row, index) => row !== received[index])
    if (different >= 0 || received.length > expected.length) {
      const index = different >= 0 ? different : expected.length
      return {
        where: `store "${name}", row ${index} in sorted order`,
        expected: expected[index] ?? 'nothing',
        received: received[index] ?? 'nothing',
      }
    }
  }
  return undefined
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
