import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder, untilTimeLimit, untilWindowCloses } from '../../../dsl/index.ts'
import type { KTable, SuppressRule } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { head } from './functions.ts'
import type { Key } from './functions.ts'
import { keySerde, numberParam, textStream } from './sources.ts'
import { windowsOf } from './windows.ts'

/** The case's time limit, with a maximum number of records if it has one. */
export const timeLimit = (params: Params): SuppressRule =>
  untilTimeLimit({
    limitMs: numberParam(params, 'limitMs'),
    ...('maxRecords' in params && { maxRecords: numberParam(params, 'maxRecords') }),
  })

function suppressedTable(builder: StreamsBuilder, params: Params): KTable<Key, string> {
  return builder
    .table('in', { name: 'source', key: keySerde(params), value: Serdes.string, materialize: 'when-needed' })
    .suppress(timeLimit(params), { name: 'suppressed' })
}

export function suppressTable(params: Params): Topology {
  const builder = new StreamsBuilder()
  suppressedTable(builder, params).toStream().to('out')
  return builder.build()
}

export function suppressGroup(params: Params): Topology {
  const builder = new StreamsBuilder()
  suppressedTable(builder, params)
    .groupBy((value) => [head(value), value] as const, { name: 'grouped', key: Serdes.string, value: Serdes.string })
    .reduce(
      (aggregate, value) => `${aggregate}+${value}`,
      (aggregate, value) => `${aggregate}-${value}`,
      { name: 'store' },
    )
    .toStream()
    .to('out')
  return builder.build()
}

/** Counts per window, emitted when the window has closed or after a time limit. */
export function suppressWindows(params: Params): Topology {
  const builder = new StreamsBuilder()
  textStream(builder, 'in', params)
    .groupByKey()
    .windowedBy(windowsOf(params))
    .count({ name: 'store' })
    .suppress('limitMs' in params ? timeLimit(params) : untilWindowCloses(), { name: 'suppressed' })
    .toStream()
    .to('out')
  return builder.build()
}
