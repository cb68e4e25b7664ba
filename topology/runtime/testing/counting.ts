import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'

/** Counts the records of `in` by key in the store `counts` and writes each new count to `out`. */
export function counting(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}
