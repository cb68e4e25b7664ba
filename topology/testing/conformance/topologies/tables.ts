import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { KTable } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { hasA, head, mark } from './functions.ts'
import type { Key } from './functions.ts'
import { history, keySerde, textStream } from './sources.ts'

const text = { value: Serdes.string } as const

/** The table "in", stored only if the case requires it or an operator needs it. */
function tableIn(builder: StreamsBuilder, params: Params): KTable<Key, string> {
  const materialize = params['store'] === 'source' || params['store'] === 'both' || 'historyMs' in params ? 'always' : 'when-needed'
  return builder.table('in', { name: 'source', key: keySerde(params), ...text, ...history(params), materialize })
}

const result = (params: Params) => (params['store'] === 'result' || params['store'] === 'both' ? { name: 'result', ...text } : undefined)

export function tableSource(params: Params): Topology {
  const builder = new StreamsBuilder()
  tableIn(builder, params).toStream().to('out')
  return builder.build()
}

export function tableFilter(params: Params): Topology {
  const builder = new StreamsBuilder()
  const table = tableIn(builder, params)
  const filtered = params['not'] === true ? table.filterNot(hasA, result(params)) : table.filter(hasA, result(params))
  filtered.toStream().to('out')
  return builder.build()
}

export function tableMapValues(params: Params): Topology {
  const builder = new StreamsBuilder()
  tableIn(builder, params).mapValues(mark, result(params)).toStream().to('out', text)
  return builder.build()
}

export function tableChain(params: Params): Topology {
  const builder = new StreamsBuilder()
  tableIn(builder, params)
    .filter((value) => value.length < 2)
    .mapValues(mark)
    .filterNot((value) => value.startsWith('b'))
    .toStream()
    .to('out', text)
  return builder.build()
}

export function streamToTable(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'in', params)
  const rekeyed = params['rekey'] === true ? stream.selectKey<Key | null>(head, { key: Serdes.string }) : stream
  rekeyed
    .toTable({ name: 'store', ...history(params) })
    .toStream()
    .to('out')
  return builder.build()
}

const by: Readonly<Record<string, (value: string) => string | null>> = { value: (value) => value, head, all: () => 'all' }

const grouping = { name: 'grouped', key: Serdes.string, value: Serdes.string } as const

const regrouped = (table: KTable<Key, string>, params: Params) =>
  table.groupBy((value) => [by[String(params['by'])]?.(value) ?? null, value] as const, grouping)

const add = (aggregate: string, value: string) => `${aggregate}+${value}`
const subtract = (aggregate: string, value: string) => `${aggregate}-${value}`

const sourceOnly = (builder: StreamsBuilder, params: Params) => tableIn(builder, { ...params, store: 'none' })

export function tableGroupCount(params: Params): Topology {
  const builder = new StreamsBuilder()
  regrouped(sourceOnly(builder, params), params).count({ name: 'store' }).toStream().to('out')
  return builder.build()
}

export function tableGroupReduce(params: Params): Topology {
  const builder = new StreamsBuilder()
  regrouped(sourceOnly(builder, params), params).reduce(add, subtract, { name: 'store' }).toStream().to('out')
  return builder.build()
}

export function tableGroupAggregate(params: Params): Topology {
  const builder = new StreamsBuilder()
  const nullOn = params['nullOn']
  regrouped(sourceOnly(builder, params), params)
    .aggregate(
      () => '0',
      (aggregate, value) => (nullOn !== undefined && value.endsWith(String(nullOn)) ? null : add(aggregate, value)),
      subtract,
      { name: 'store', ...text },
    )
    .toStream()
    .to('out')
  return builder.build()
}

export function tableGroupSum(params: Params): Topology {
  const builder = new StreamsBuilder()
  builder
    .table('in', { name: 'source', key: keySerde(params), value: Serdes.long, materialize: 'when-needed' })
    .groupBy<string, number>((value) => [value % 2 === 0 ? 'even' : 'odd', value], {
      name: 'grouped',
      key: Serdes.string,
      value: Serdes.long,
    })
    .aggregate(
      () => 0,
      (sum, value) => sum + value,
      (sum, value) => sum - value,
      { name: 'store', value: Serdes.long },
    )
    .toStream()
    .to('out')
  return builder.build()
}

export function tableFilterGroup(params: Params): Topology {
  const builder = new StreamsBuilder()
  tableIn(builder, params)
    .filter(hasA)
    .groupBy((value) => [head(value), value] as const, grouping)
    .count({ name: 'result' })
    .toStream()
    .to('out')
  return builder.build()
}

export function countHistogram(params: Params): Topology {
  const builder = new StreamsBuilder()
  textStream(builder, 'in', params)
    .groupByKey()
    .count({ name: 'counts' })
    .groupBy((count) => [count, count] as const, { name: 'by-count', key: Serdes.long, value: Serdes.long })
    .count({ name: 'store' })
    .toStream()
    .to('out')
  return builder.build()
}
