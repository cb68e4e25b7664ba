import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { KTable } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { hasA, head, mark } from './functions.ts'
import type { Key } from './functions.ts'
import { keySerde, textStream } from './sources.ts'

const text = { value: Serdes.string } as const

/** The table "in": stored only if the case says so, or if it has to be. */
function tableIn(builder: StreamsBuilder, params: Params): KTable<Key, string> {
  const materialize = params['store'] === 'source' || params['store'] === 'both' ? 'always' : 'when-needed'
  return builder.table('in', { name: 'source', key: keySerde(params), ...text, materialize })
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
  rekeyed.toTable({ name: 'store' }).toStream().to('out')
  return builder.build()
}
