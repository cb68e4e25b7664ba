/** MurmurHash3 (x86, 32 bits) of the bytes from `start` on, as a signed integer: https://github.com/aappleby/smhasher. */
export function murmur3(bytes: Uint8Array, seed: number, start = 0): number {
  const { length } = bytes
  let hash = seed
  let at = start
  for (; at + 4 <= length; at += 4) {
    hash ^= scrambled((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let shift = 0; at < length; at++, shift += 8) rest |= (bytes[at] ?? 0) << shift
  return mixed(hash ^ scrambled(rest) ^ (length - start))
}

/** The finalizer of MurmurHash3: each input bit flips about half of the output bits. */
export function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}

function scrambled(block: number): number {
  const value = Math.imul(block, 0xcc9e2d51)
  return Math.imul((value << 15) | (value >>> 17), 0x1b873593)
}
