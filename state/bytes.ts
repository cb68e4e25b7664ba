/** Byte strings as map keys: latin1 text keeps the byte order and costs one copy. */
export function keyText(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1')
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Faster than `Buffer.from`. */
export function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length)
  copyInto(copy, bytes, 0)
  return copy
}

export const NO_BYTES = new Uint8Array(0)

/** The concatenation of both, in new memory. */
export function joined(first: Uint8Array, second: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(first.length + second.length)
  copyInto(bytes, first, 0)
  copyInto(bytes, second, first.length)
  return bytes
}

/** Up to this length a loop costs less than the native `set`. */
const FEW_BYTES = 32

export function copyInto(target: Uint8Array, part: Uint8Array, at: number): void {
  if (part.length > FEW_BYTES) return target.set(part, at)
  for (let index = 0; index < part.length; index++) target[at + index] = part[index] ?? 0
}

const doubleBytes = new Uint8Array(8)
const double = new DataView(doubleBytes.buffer)

/** Big-endian, for a target that is not a `Buffer`. */
export function writeDouble(target: Uint8Array, value: number, at: number): void {
  double.setFloat64(0, value)
  copyInto(target, doubleBytes, at)
}

/** The smallest byte string larger than every string with this prefix; undefined if the prefix is all 0xff. */
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
