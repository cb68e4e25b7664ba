import { Serdes } from '../../../../state/index.ts'
import { joinWindow, StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { head, joined } from './functions.ts'
import type { Key } from './functions.ts'
import { history, keySerde, numberParam, textStream } from './sources.ts'

const text = { value: Serdes.string } as const

/** The left stream of a join, with its own key or the first character of its values as key. */
function rekeyed(builder: StreamsBuilder, topic: string, params: Params) {
  const stream = textStream(builder, topic, params)
  return params['rekey'] === true ? stream.selectKey<Key | null>(head, { key: Serdes.string }) : stream
}

export function streamStreamJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const left = rekeyed(builder, 'left', params)
  const right = textStream(builder, 'right', params)
  const [beforeMs, afterMs, graceMs] = ['beforeMs', 'afterMs', 'graceMs'].map((name) => numberParam(params, name)) as [
    number,
    number,
    number,
  ]
  const join = { name: 'joined', window: joinWindow({ beforeMs, afterMs, graceMs }), ...text }
  switch (params['type']) {
    case 'left':
      left.leftJoin(right, joined, join).to('out')
      break
    case 'outer':
      left.outerJoin(right, joined, join).to('out')
      break
    default:
      left.join(right, joined, join).to('out')
  }
  return builder.build()
}

export function streamSelfJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'in', params)
  const [beforeMs, afterMs, graceMs] = ['beforeMs', 'afterMs', 'graceMs'].map((name) => numberParam(params, name)) as [
    number,
    number,
    number,
  ]
  stream.join(stream, joined, { name: 'joined', window: joinWindow({ beforeMs, afterMs, graceMs }), ...text }).to('out')
  return builder.build()
}

export function streamTableJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = rekeyed(builder, 'stream', params)
  const table = builder.table<Key, string>('table', { name: 'store', key: keySerde(params), ...text, ...history(params) })
  const join = { name: 'joined', ...text, ...('graceMs' in params && { graceMs: numberParam(params, 'graceMs') }) }
  const result = params['type'] === 'left' ? stream.leftJoinTable(table, joined, join) : stream.joinTable(table, joined, join)
  result.to('out')
  return builder.build()
}

export function streamGlobalJoin(params: Params): Topology {
  const builder = new StreamsBuilder()
  const stream = textStream(builder, 'stream', params)
  const table = builder.globalTable<Key, string>('table', { name: 'store', key: keySerde(params), ...text })
  const keyOf = (value: string | null, key: Key | null) => (params['mapper'] === 'value' ? head(value) : key)
  const result =
    params['type'] === 'left' ? stream.leftJoinGlobalTable(table, keyOf, joined, text) : stream.joinGlobalTable(table, keyOf, joined, text)
  result.to('out')
  return builder.build()
}
