import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { append, joined } from './functions.ts'
import { grouped, keySerde, optionalText, textStream } from './sources.ts'

const store = { name: 'store' } as const
const text = { value: Serdes.string } as const

export function groupCount(params: Params): Topology {
  const builder = new StreamsBuilder()
  grouped(textStream(builder, 'in', params), params)
    .count(store)
    .toStream()
    .to('out')
  return builder.build()
}

export function groupReduce(params: Params): Topology {
  const builder = new StreamsBuilder()
  grouped(textStream(builder, 'in', params), params)
    .reduce((aggregate, value) => aggregate + value, store)
    .toStream()
    .to('out')
  return builder.build()
}

export function groupAggregate(params: Params): Topology {
  const builder = new StreamsBuilder()
  grouped(textStream(builder, 'in', params), params)
    .aggregate(() => '', append(optionalText(params, 'nullOn')), { ...store, ...text })
    .toStream()
    .to('out')
  return builder.build()
}

export function groupSum(params: Params): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: keySerde(params), value: Serdes.long })
    .groupByKey()
    .reduce((sum, value) => sum + value, store)
    .toStream()
    .to('out')
  return builder.build()
}

export function groupFlat(params: Params): Topology {
  const builder = new StreamsBuilder()
  textStream(builder, 'in', params)
    .flatMapValues((value) => (value === null ? [] : [value, `${value}2`, `${value}3`]), text)
    .groupByKey()
    .aggregate(() => '', append(optionalText(params, 'nullOn')), { ...store, ...text })
    .toStream()
    .to('out')
  return builder.build()
}

export function joinOwnCount(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'in', params)
  const count = stream.groupByKey().count(store)
  const join = { name: 'joined', ...text } as const
  const result = params['type'] === 'left' ? stream.leftJoinTable(count, joined, join) : stream.joinTable(count, joined, join)
  result.to('out')
  return builder.build()
}
