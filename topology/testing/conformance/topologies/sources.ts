import { Serdes } from '../../../../state/index.ts'
import type { Serde } from '../../../../state/index.ts'
import type { KGroupedStream, KStream, StreamsBuilder, Versioned } from '../../../dsl/index.ts'
import type { Params } from '../vectors.ts'
import { head } from './functions.ts'
import type { Key } from './functions.ts'

export const keySerde = (params: Params): Serde<Key> => (params['keyType'] === 'long' ? Serdes.long : Serdes.string)

export const textStream = (builder: StreamsBuilder, topic: string, params: Params): KStream<Key | null, string | null> =>
  builder.stream(topic, { key: keySerde(params), value: Serdes.string })

export const numberParam = (params: Params, name: string): number => {
  const value = params[name]
  if (typeof value !== 'number') throw new Error(`Parameter ${name} must be a number, got ${String(value)}.`)
  return value
}

/** The option that makes a table versioned, if the case has a history. */
export const history = (params: Params): Versioned => ('historyMs' in params ? { historyMs: numberParam(params, 'historyMs') } : {})

export const optionalText = (params: Params, name: string): string | undefined => {
  const value = params[name]
  return value === undefined ? undefined : String(value)
}

/** The stream grouped by its own key or by the first character of its values, through one of four API calls. */
export function grouped(stream: KStream<Key | null, string | null>, params: Params): KGroupedStream<Key, string | null> {
  const by = params['by'] ?? 'key'
  switch (by) {
    case 'key':
      return stream.groupByKey()
    case 'groupBy':
      return stream.groupBy<Key | null>(head, { name: 'grouped', key: Serdes.string })
    case 'selectKey':
      return stream.selectKey<Key | null>(head, { key: Serdes.string }).groupByKey({ name: 'grouped' })
    case 'repartition':
      return stream.selectKey<Key | null>(head, { key: Serdes.string }).repartition({ name: 'rekeyed' }).groupByKey()
    default:
      throw new Error(`There is no grouping "${String(by)}".`)
  }
}
