import { Serdes } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Params } from '../vectors.ts'
import { textStream } from './sources.ts'
import { windowsOf } from './windows.ts'

/** Folds two streams into one text per key, and per window if the case has windows. `<` and `>` mark which stream a value came from. */
export function cogroup(params: Params): Topology {
  const builder = new StreamsBuilder()
  const both = textStream(builder, 'a', params)
    .groupByKey()
    .cogroup<string>((aggregate, value) => `${aggregate}<${value}`)
    .cogroup(textStream(builder, 'b', params).groupByKey(), (aggregate, value) => `${aggregate}>${value}`)
  const options = { name: 'store', value: Serdes.string }
  const table = 'kind' in params ? both.windowedBy(windowsOf(params)).aggregate(() => '', options) : both.aggregate(() => '', options)
  table.toStream().to('out')
  return builder.build()
}
