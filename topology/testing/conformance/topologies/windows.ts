import { Serdes } from '../../../../state/index.ts'
import { hopping, sliding, StreamsBuilder } from '../../../dsl/index.ts'
import type { SlidingWindows, TimeWindows } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { append, str } from './functions.ts'
import { keySerde, numberParam, optionalText, textStream } from './sources.ts'

export function windowed(params: Params): Topology {
  const builder = new StreamsBuilder()
  const emit = params['emit'] === 'close' ? 'close' : 'update'
  const stream = textStream(builder, 'in', params).groupByKey().windowedBy(windowsOf(params), { emit })
  const store = { name: 'store', ...('retentionMs' in params && { retentionMs: numberParam(params, 'retentionMs') }) }
  switch (params['op']) {
    case 'count':
      stream.count(store).toStream().to('out')
      break
    case 'reduce':
      stream
        .reduce((aggregate, value) => str(aggregate) + str(value), store)
        .toStream()
        .to('out')
      break
    case 'aggregate':
      stream
        .aggregate(() => '', append(optionalText(params, 'nullOn')), { ...store, value: Serdes.string })
        .toStream()
        .to('out')
      break
    default:
      throw new Error(`There is no windowed operator "${String(params['op'])}".`)
  }
  return builder.build()
}

/** Folds all windows of a key into one text. */
export function windowRegroup(params: Params): Topology {
  const builder = new StreamsBuilder()
  textStream(builder, 'in', params)
    .groupByKey()
    .windowedBy(windowsOf(params))
    .aggregate(() => '', append(undefined), { name: 'store', value: Serdes.string })
    .groupBy((value, window) => [window.key, value] as const, { name: 'by-key', key: keySerde(params), value: Serdes.string })
    .reduce(
      (aggregate, value) => `${aggregate}+${value}`,
      (aggregate, value) => `${aggregate}-${value}`,
      { name: 'total' },
    )
    .toStream()
    .to('out')
  return builder.build()
}

export function windowsOf(params: Params): TimeWindows | SlidingWindows {
  const sizeMs = numberParam(params, 'sizeMs')
  const graceMs = numberParam(params, 'graceMs')
  if (params['kind'] === 'sliding') return sliding({ sizeMs, graceMs })
  return hopping({ sizeMs, graceMs, advanceMs: params['kind'] === 'hopping' ? numberParam(params, 'advanceMs') : sizeMs })
}
