/** Plays one recorded case through a topology on the test driver and compares what came out with what Kafka Streams did. */
import type { StoreSpec } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'
import { TopologyTestDriver } from '../test-driver/topology-test-driver.ts'
import { storeRows } from './store-rows.ts'
import type { Case, Json, OutputRow } from './vectors.ts'

/** The first thing that differs, each side as one line of JSON. */
export interface Difference {
  readonly where: string
  readonly expected: string
  readonly received: string
  /** The input step during which it showed. */
  readonly step?: string
}

export async function replay(topology: Topology, recorded: Case): Promise<Difference | undefined> {
  const driver = await TopologyTestDriver.open(topology)
  try {
    const outputs = await play(driver, [...new Set([...sinkTopics(topology), ...Object.keys(recorded.outputs)])], recorded)
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

async function play(
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
    const [wanted, got] = [shown(expected[row]), shown(received[row])]
    if (wanted === got) continue
    const step = Math.min(expected[row]?.[3] ?? Infinity, received[row]?.[3] ?? Infinity)
    return { where: `output "${topic}", row ${row}`, expected: wanted, received: got, step: `${step}: ${shown(recorded.inputs[step])}` }
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
    const wanted = rows.map(shown).sort()
    const got = (await storeRows(driver.store(name), spec, recorded.inputs)).map(shown).sort()
    const at = wanted.findIndex((row, index) => row !== got[index])
    if (at >= 0 || got.length > wanted.length) {
      const index = at >= 0 ? at : wanted.length
      return {
        where: `store "${name}", row ${index} in order of text`,
        expected: wanted[index] ?? 'nothing',
        received: got[index] ?? 'nothing',
      }
    }
  }
  return undefined
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
