import type { StoreSpec } from './store-spec.ts'

/** What the bytes in a store, its changelog or a repartition topic look like, in words: it stays the same for as long as they exist. */
export interface Layout {
  /** Also names the settings on which the bytes depend. */
  readonly kind: string
  /** Formats of the serdes; undefined: unknown, and not compared. */
  readonly key?: string
  readonly value?: string
}

export function storeLayout(spec: StoreSpec): Layout {
  const { format: key } = spec.keySerde
  const { format: value } = spec.valueSerde
  return { kind: kindOf(spec), ...(key !== undefined && { key }), ...(value !== undefined && { value }) }
}

export function isSameLayout(a: Layout, b: Layout): boolean {
  const isSame = (one: string | undefined, other: string | undefined): boolean => one === undefined || other === undefined || one === other
  return a.kind === b.kind && isSame(a.key, b.key) && isSame(a.value, b.value)
}

/** `key-value (key string, value long)` */
export function layoutText({ kind, key = 'unknown', value = 'unknown' }: Layout): string {
  return `${kind} (key ${key}, value ${value})`
}

function kindOf(spec: StoreSpec): string {
  switch (spec.kind) {
    case 'keyValue':
      return spec.timestamped ? 'timestamped key-value' : 'key-value'
    case 'window':
      return `window of ${spec.windowSizeMs} ms${spec.retainDuplicates ? ' with duplicates' : ''}`
    case 'versioned':
      return `versioned with ${spec.historyMs} ms of history`
    case 'timeOrdered':
      return `time-ordered buffer${spec.retainDuplicates ? ' with duplicates' : ''}`
    default:
      return spec satisfies never
  }
}
