/** Byte strings as map keys: latin1 text keeps their order and costs one copy. */
export function keyText(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1')
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Faster than `Buffer.from`. */
export function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length)
  copy.set(bytes)
  return copy
}

/** The smallest byte string that is larger than every one with this prefix; undefined when there is none (all 0xff). */
export function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1]
    if (last !== undefined && last < 0xff) {
      const bound = Buffer.from(prefix.subarray(0, length))
      bound[length - 1] = last + 1
      return bound
    }
  }
  return undefined
}
