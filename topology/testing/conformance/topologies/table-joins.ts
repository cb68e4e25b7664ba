import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { KTable, TableTableJoinOptions } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { hasA, joined, mark, str } from './functions.ts'
import type { Key } from './functions.ts'
import { history, keySerde, textStream } from './sources.ts'
import { timeLimit } from './suppress.ts'
import { windowsOf } from './windows.ts'

const text = { value: Serdes.string } as const

const storedTable = (builder: StreamsBuilder, topic: string, params: Params): KTable<Key, string> =>
  builder.table(topic, { name: `${topic}-store`, key: keySerde(params), ...text, ...history(params) })

const unstoredTable = (builder: StreamsBuilder, topic: string, params: Params): KTable<Key, string> =>
  builder.table(topic, { name: `${topic}-table`, key: keySerde(params), ...text, materialize: 'when-needed' })

function join(left: KTable<Key, string>, right: KTable<Key, string>, type: unknown, options: TableTableJoinOptions<string>) {
  switch (type) {
    case 'left':
      return left.leftJoin(right, joined, options)
    case 'outer':
      return left.outerJoin(right, joined, options)
    default:
      return left.join(right, joined, options)
  }
}

export function tableTableJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const [left, right] = [storedTable(builder, 'left', params), storedTable(builder, 'right', params)]
  const stored = params['stored'] === true ? ({ name: 'result', materialize: 'always' } as const) : { name: 'joined' }
  join(left, right, params['type'], { ...stored, ...text })
    .toStream()
    .to('out')
  return builder.build()
}

export function tableJoinGroup(params: Params): Topology {
  const builder = new StreamsBuilder()
  const [left, right] = [storedTable(builder, 'left', params), storedTable(builder, 'right', params)]
  join(left, right, params['type'], { name: 'joined', ...text })
    .groupBy((value) => [value, value] as const, { name: 'grouped', key: Serdes.string, ...text })
    .count({ name: 'result' })
    .toStream()
    .to('out')
  return builder.build()
}

export function tableJoinChain(params: Params): Topology {
  const builder = new StreamsBuilder()
  const [a, b, c] = [storedTable(builder, 'a', params), storedTable(builder, 'b', params), storedTable(builder, 'c', params)]
  const chained = a.join(b, joined, { name: 'ab', ...text }).leftJoin(c, joined, { name: 'abc', ...text })
  const result = params['diamond'] === true ? chained.outerJoin(a, (x, y) => `(${str(x)})${str(y)}`, { name: 'diamond', ...text }) : chained
  result.toStream().to('out')
  return builder.build()
}

export function windowJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const windows = windowsOf(params)
  const counted = (topic: string) =>
    textStream(builder, topic, params)
      .groupByKey()
      .windowedBy(windows)
      .count({ name: `${topic}-store` })
  const [left, right] = [counted('left'), counted('right')]
  const options = { name: 'joined', ...text }
  const result = params['type'] === 'outer' ? left.outerJoin(right, joined, options) : left.join(right, joined, options)
  result.toStream().to('out')
  return builder.build()
}

export function viewJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const base = unstoredTable(builder, 'base', params)
  const view = viewOf(base, builder, params)
  if (params['with'] === 'stream') {
    textStream(builder, 'stream', params)
      .leftJoinTable(view, joined, { name: 'result', ...text })
      .to('out')
  } else {
    unstoredTable(builder, 'left', params)
      .outerJoin(view, joined, { name: 'result', ...text })
      .toStream()
      .to('out')
  }
  return builder.build()
}

function viewOf(base: KTable<Key, string>, builder: StreamsBuilder, params: Params): KTable<Key, string> {
  switch (params['view']) {
    case 'filter':
      return base.filter(hasA)
    case 'mapValues':
      return base.mapValues(mark)
    case 'suppress':
      return base.suppress(timeLimit(params), { name: 'suppressed' })
    default:
      return join(base, unstoredTable(builder, 'other', params), params['view'], { name: 'view', ...text })
  }
}
