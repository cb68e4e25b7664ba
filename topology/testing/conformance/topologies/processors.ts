import { Serdes, Stores } from '../../../../state/index.ts'
import type { KeyValueStore, VersionedKeyValueStore, VersionedRecord } from '../../../../state/index.ts'
import { StreamsBuilder } from '../../../dsl/index.ts'
import type { Topology } from '../../../graph/index.ts'
import type { Cancellable, ProcessorContext, ProcessorSupplier } from '../../../processor.ts'
import type { Params } from '../vectors.ts'
import { str } from './functions.ts'
import type { Key } from './functions.ts'
import { keySerde, numberParam, textStream } from './sources.ts'

export function punctuate(params: Params): Topology {
  const builder = new StreamsBuilder()
  const store = Stores.keyValue({ name: 'store', key: keySerde(params), value: Serdes.long })
  textStream(builder, 'in', params)
    .process(countBetweenFirings(params), { name: 'counting', stores: [store], key: keySerde(params), value: Serdes.long })
    .to('out')
  return builder.build()
}

/** Counts per key; each firing hands out the counts and begins anew. */
function countBetweenFirings(params: Params): ProcessorSupplier<Key | null, string | null, Key, number> {
  return () => {
    let context: ProcessorContext<Key, number>
    let store: KeyValueStore<Key, number>
    let schedule: Cancellable
    let firings = 0
    return {
      init: (given) => {
        context = given
        store = given.store('store')
        const clock = params['clock'] === 'wall' ? 'wall' : 'stream'
        const startMs = 'startMs' in params ? { startMs: numberParam(params, 'startMs') } : {}
        schedule = given.schedule({ intervalMs: numberParam(params, 'intervalMs'), clock, ...startMs }, async (timestamp) => {
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
    .processValues(previousAndThis, { name: 'previous', stores: [store], value: Serdes.string })
    .to('out')
  return builder.build()
}

const previousAndThis: ProcessorSupplier<Key | null, string | null, Key | null, string> = () => {
  let context: ProcessorContext<Key | null, string>
  let store: KeyValueStore<Key, string>
  return {
    init: (given) => {
      context = given
      store = given.store('store')
    },
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
    .process(askVersions, { name: 'versions', stores: [store], key: keySerde(params), value: Serdes.string })
    .to('out')
  return builder.build()
}

const askVersions: ProcessorSupplier<Key | null, string | null, Key, string> = () => {
  let context: ProcessorContext<Key, string>
  let store: VersionedKeyValueStore<Key, string>
  const shown = (version: VersionedRecord<string> | undefined) => (version === undefined ? 'none' : `${version.value}@${version.timestamp}`)
  const answer = (key: Key, value: string | null, timestamp: number): string => {
    if (value === '?') return shown(store.get(key))
    if (value?.startsWith('?')) return shown(store.getAsOf(key, timestamp - Number(value.slice(1))))
    if (value === '-') return `deleted ${shown(store.delete(key, timestamp))}`
    const put = store.put(key, value, timestamp)
    return put.stored ? `put ${put.validTo === 'latest' ? -1 : put.validTo}` : 'put rejected'
  }
  return {
    init: (given) => {
      context = given
      store = given.store('store')
    },
    process: ({ key, value, timestamp }) => {
      if (key !== null) context.forward({ key, value: answer(key, value, timestamp), timestamp })
    },
  }
}
