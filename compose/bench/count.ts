import { Serdes, StreamsBuilder, type Topology } from '../../topology/index.ts'
import { caughtUp, countRecords, fill, PARTITIONS, type Workplace } from './workplace.ts'

export interface Measured {
  readonly records: number
  readonly recordsPerSecond: number
}

/** Counts 100-byte records by key in a persistent store with a changelog, and writes every update. */
export async function benchCount(workplace: Workplace, records: number, keys: number): Promise<Measured> {
  const { broker, start } = workplace
  await broker.admin.createTopics(['in', 'out'].map((name) => ({ name, partitions: PARTITIONS })))
  const value = Buffer.alloc(100, 'v')
  await fill(broker, 'in', records, (at) => ({ key: Buffer.from(`key-${(at * 7919) % keys}`), value }))
  const begin = performance.now()
  const streams = await start(countTopology())
  await caughtUp(streams, records)
  await streams.stop()
  const seconds = (performance.now() - begin) / 1000
  const forwarded = await countRecords(broker, 'out')
  if (forwarded !== records) throw new Error(`${records} records went in, but ${forwarded} updates came out of topic "out"`)
  return { records, recordsPerSecond: Math.round(records / seconds) }
}

export function countTopology(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.bytes })
    .groupByKey()
    .count({ name: 'counts', key: Serdes.string })
    .toStream()
    .to('out', { key: Serdes.string, value: Serdes.long })
  return builder.build()
}
