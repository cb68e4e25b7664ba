import { murmur3 } from '../murmur3.ts'

/** 32 bits of a key, never 0. */
export function hashOf(key: Uint8Array): number {
  return murmur3(key, 0) || 1
}
