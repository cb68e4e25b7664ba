import { Serdes, StreamsBuilder, systemPorts } from '../../topology/index.ts'
import type { Measured } from './count.ts'
import { caughtUp, fill, PARTITIONS, type Workplace } from './workplace.ts'

/**
 * An instance with an empty disk restores a table with that many keys and 100-byte values from its changelog. The measurement starts when
 * its tasks are assigned, because the length of a rebalance depends on settings of the broker.
 */
export async function benchRestore(workplace: Workplace, keys: number): Promise<Measured> {
  const { broker, start } = workplace
  await broker.admin.createTopics([{ name: 'in', partitions: PARTITIONS }])
  const value = Buffer.alloc(100, 'v')
  await fill(broker, 'in', keys, (at) => ({ key: Buffer.from(`key-${at}`), value }))
  const builder = new StreamsBuilder()
  builder.stream('in', { key: Serdes.string, value: Serdes.bytes }).toTable({ name: 'rows', key: Serdes.string, value: Serdes.bytes })
  const topology = builder.build()
  const first = await start(topology, 'first')
  await caughtUp(first, keys)
  await first.stop()
  const second = await start(topology, 'second')
  const { timers } = systemPorts()
  while (second.tasks().length < PARTITIONS) await timers.sleep(1)
  const begin = performance.now()
  const restored = (): number => second.tasks().reduce((sum, task) => sum + task.restored, 0)
  while (restored() < keys) await timers.sleep(2)
  const seconds = (performance.now() - begin) / 1000
  await second.stop()
  return { records: keys, recordsPerSecond: Math.round(keys / seconds) }
}
