/**
 * The *codecs* by which Kafka compresses the records section of a batch, and the only importers of their libraries. A batch's header stays
 * readable without any of them.
 */
import type { Compression } from '../../../../state/index.ts'
import type { Codec } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

export type { Codec } from './codec.ts'

const CODECS = { gzip, snappy, lz4, zstd }

/** Undefined for `none`. */
export function codecNamed(name: Compression): Codec | undefined {
  return name === 'none' ? undefined : CODECS[name]
}

/** Undefined for a number that no codec has. */
export function codecNumbered(id: number): Codec | undefined {
  return Object.values(CODECS).find((codec) => codec.id === id)
}

/** Await it before the first batch is compressed. Loads what a codec needs: zstd before Node 22.15; the others need nothing. */
export async function prepareCompression(name: Compression): Promise<void> {
  await codecNamed(name)?.prepare?.()
}
