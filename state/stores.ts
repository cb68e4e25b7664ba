import type { Serde } from './serde.ts'
import type { Compression, KeyValueStoreSpec, StoreSpec, TimeOrderedBufferSpec, VersionedStoreSpec, WindowStoreSpec } from './store-spec.ts'

interface CommonOptions<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default true. */
  readonly persistent?: boolean
  /** Configuration merged over the changelog topic's defaults, or false for no changelog. */
  readonly changelog?: false | Readonly<Record<string, string>>
  /** How batches for the changelog are compressed. Default: as the application says (`StreamsOptions.compression`). */
  readonly compression?: Compression
}

const NAME = /^[A-Za-z0-9._-]{1,200}$/
const DAY_MS = 86_400_000

/**
 * Builds the specs of a topology's stores. Throws `RangeError` for options that cannot work.
 * @example Stores.keyValue({ name: 'totals', key: Serdes.string, value: Serdes.bigint })
 */
export const Stores = {
  keyValue<K, V>(options: CommonOptions<K, V> & { readonly timestamped?: boolean }): KeyValueStoreSpec {
    return { kind: 'keyValue', ...common(options, { 'cleanup.policy': 'compact' }), timestamped: options.timestamped ?? false }
  },

  window<K, V>(
    options: CommonOptions<K, V> & {
      readonly windowSizeMs: number
      readonly retentionMs: number
      readonly retainDuplicates?: boolean
      readonly keepsEdge?: boolean
    },
  ): WindowStoreSpec {
    const { windowSizeMs, retentionMs } = options
    if (windowSizeMs < 0) throw new RangeError(`Store ${options.name}: windowSizeMs is ${windowSizeMs}. It must not be negative.`)
    if (retentionMs < windowSizeMs) {
      throw new RangeError(`Store ${options.name}: retentionMs is ${retentionMs}. It must be at least windowSizeMs, ${windowSizeMs}.`)
    }
    return {
      kind: 'window',
      ...common(options, { 'cleanup.policy': 'compact,delete', 'retention.ms': String(retentionMs + DAY_MS) }),
      windowSizeMs,
      retentionMs,
      retainDuplicates: options.retainDuplicates ?? false,
      keepsEdge: options.keepsEdge ?? false,
    }
  },

  versioned<K, V>(options: CommonOptions<K, V> & { readonly historyMs: number }): VersionedStoreSpec {
    if (options.historyMs < 0) throw new RangeError(`Store ${options.name}: historyMs is ${options.historyMs}. It must not be negative.`)
    const config = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(options.historyMs + DAY_MS) }
    return { kind: 'versioned', ...common(options, config), historyMs: options.historyMs }
  },

  timeOrdered<K, V>(options: CommonOptions<K, V> & { readonly retainDuplicates?: boolean }): TimeOrderedBufferSpec {
    return {
      kind: 'timeOrdered',
      ...common(options, { 'cleanup.policy': 'compact' }),
      retainDuplicates: options.retainDuplicates ?? false,
    }
  },
} as const

function common<K, V>(options: CommonOptions<K, V>, config: Readonly<Record<string, string>>): Omit<StoreSpec, 'kind'> {
  if (!NAME.test(options.name)) {
    throw new RangeError(`Store name "${options.name}" is invalid: use 1 to 200 letters, digits, dots, underscores and dashes.`)
  }
  return {
    name: options.name,
    keySerde: options.key as Serde<unknown>,
    valueSerde: options.value as Serde<unknown>,
    persistent: options.persistent ?? true,
    changelog:
      options.changelog === false
        ? false
        : {
            config: { ...config, ...options.changelog },
            ...(options.compression !== undefined && { compression: options.compression }),
          },
  }
}
