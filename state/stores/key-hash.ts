import { murmur3 } from '../murmur3.ts'

/** 32-bit hash of a key; never 0, which marks a free slot in `RowTable`. */
export function hashOf(key: Uint8Array): number {
  return murmur3(key, 0) || 1
}
