import { joinWindow, Serdes, StreamsBuilder } from '../../topology/index.ts'
import type { Measured } from './count.ts'
import { caughtUp, countRecords, fill, PARTITIONS, type Workplace } from './workplace.ts'

/** Joins two streams of 100-byte records in a window on persistent stores; each record has one partner. */
export async function benchJoin(workplace: Workplace, records: number): Promise<Measured> {
  const { broker, start } = workplace
  await broker.admin.createTopics(['left', 'right', 'out'].map((name) => ({ name, partitions: PARTITIONS })))
  const value = Buffer.alloc(100, 'v')
  const half = Math.floor(records / 2)
  for (const topic of ['left', 'right']) await fill(broker, topic, half, (at) => ({ key: Buffer.from(`key-${at}`), value }))
  const builder = new StreamsBuilder()
  const consumed = { key: Serdes.string, value: Serdes.bytes }
  builder
    .stream('left', consumed)
    .join(builder.stream('right', consumed), (left) => left, {
      name: 'pairs',
      window: joinWindow({ beforeMs: 600_000, afterMs: 600_000, graceMs: 600_000 }),
      left: Serdes.bytes,
      right: Serdes.bytes,
    })
    .to('out', consumed)
  const begin = performance.now()
  const streams = await start(builder.build())
  await caughtUp(streams, 2 * half)
  await streams.stop()
  const seconds = (performance.now() - begin) / 1000
  const joined = await countRecords(broker, 'out')
  if (joined !== half) throw new Error(`${half} pairs went in, but ${joined} joined records came out of topic "out"`)
  return { records: 2 * half, recordsPerSecond: Math.round((2 * half) / seconds) }
}
