import { Serdes, Stores } from '../../../../state/index.ts'
import type { KeyValueStore, VersionedKeyValueStore, VersionedRecord } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { ProcessorSupplier } from '../../../processor.ts'
import type { Params } from '../vectors.ts'
import { str } from './functions.ts'
import type { Key } from './functions.ts'
import { keySerde, numberParam, textStream } from './sources.ts'

export function punctuate(params: Params): Topology {
  const builder = new StreamsBuilder()
  const store = Stores.keyValue({ name: 'store', key: keySerde(params), value: Serdes.long })
  textStream(builder, 'in', params)
    .process(countBetweenPunctuations(params), { name: 'counting', stores: [store], key: keySerde(params), value: Serdes.long })
    .to('out')
  return builder.build()
}

/** Counts per key; each punctuation forwards the counts and resets them. */
function countBetweenPunctuations(params: Params): ProcessorSupplier<Key | null, string | null, Key, number> {
  return (context) => {
    const store = context.store<KeyValueStore<Key, number>>('store')
    let firings = 0
    return {
      init: () => {
        const clock = params['clock'] === 'wall' ? 'wall' : 'stream'
        const startMs = 'startMs' in params ? { startMs: numberParam(params, 'startMs') } : {}
        const schedule = context.schedule({ intervalMs: numberParam(params, 'intervalMs'), clock, ...startMs }, async (timestamp) => {
          for await (const { key, value } of store.all()) {
            context.forward({ key, value, timestamp })
            store.delete(key)
          }
          firings += 1
          context.forward({ key: '@tick', value: firings, timestamp })
          if (firings === params['maxFirings']) schedule.cancel()
        })
      },
      process: ({ key }) => {
        if (key !== null) store.put(key, (store.get(key) ?? 0) + 1)
      },
    }
  }
}

export function processValues(params: Params): Topology {
  const builder = new StreamsBuilder()
  const store = Stores.keyValue({ name: 'store', key: keySerde(params), value: Serdes.string })
  textStream(builder, 'in', params)
    .processValues(previousAndCurrent, { name: 'previous', stores: [store], value: Serdes.string })
    .to('out')
  return builder.build()
}

const previousAndCurrent: ProcessorSupplier<Key | null, string | null, Key | null, string> = (context) => {
  const store = context.store<KeyValueStore<Key, string>>('store')
  return {
    process: ({ key, value, timestamp }) => {
      const previous = key === null ? 'no key' : str(store.get(key) ?? null)
      if (key !== null) store.put(key, value)
      context.forward({ key, value: `${previous}>${str(value)}`, timestamp })
    },
  }
}

export function versionedStore(params: Params): Topology {
  const builder = new StreamsBuilder()
  const store = Stores.versioned({
    name: 'store',
    key: keySerde(params),
    value: Serdes.string,
    historyMs: numberParam(params, 'historyMs'),
  })
  textStream(builder, 'in', params)
    .process(queryVersions, { name: 'versions', stores: [store], key: keySerde(params), value: Serdes.string })
    .to('out')
  return builder.build()
}

const queryVersions: ProcessorSupplier<Key | null, string | null, Key, string> = (context) => {
  const store = context.store<VersionedKeyValueStore<Key, string>>('store')
  const shown = (version: VersionedRecord<string> | undefined) => (version === undefined ? 'none' : `${version.value}@${version.timestamp}`)
  const answer = (key: Key, value: string | null, timestamp: number): string => {
    if (value === '?') return shown(store.get(key))
    if (value?.startsWith('?')) return shown(store.getAsOf(key, timestamp - Number(value.slice(1))))
    if (value === '-') return `deleted ${shown(store.delete(key, timestamp))}`
    const put = store.put(key, value, timestamp)
    return put.stored ? `put ${put.validTo === 'latest' ? -1 : put.validTo}` : 'put rejected'
  }
  return {
    process: ({ key, value, timestamp }) => {
      if (key !== null) context.forward({ key, value: answer(key, value, timestamp), timestamp })
    },
  }
}
