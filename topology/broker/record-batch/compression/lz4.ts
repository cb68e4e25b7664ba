import { tooLarge, type Codec } from './codec.ts'
import { loadLibrary } from './load-library.ts'

type Library = typeof import('lz4-napi')

let library: Library | undefined

const MAGIC = 0x184d2204
const UNCOMPRESSED = 0x80000000
/** No format of LZ4 block packs more than this into a byte. */
const MAX_RATIO = 255

/** The LZ4 frame format, in independent blocks. */
export const lz4: Codec = {
  name: 'lz4',
  id: 3,
  compress: (bytes) => lz4Library().compressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  decompress: (packed, maxBytes) => {
    const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
    if (largestSize(bytes) > maxBytes) throw tooLarge(maxBytes)
    return lz4Library().decompressFrameSync(bytes)
  },
}

function lz4Library(): Library {
  library ??= loadLibrary('lz4-napi') as Library
  return library
}

/** The most that the frame can decompress to: its head limits the size of a block, and seldom says that of the whole. */
function largestSize(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('an lz4 frame does not begin with its magic number.')
  const flags = frame.readUInt8(4)
  const largestBlock = 1 << (8 + 2 * ((frame.readUInt8(5) >> 4) & 7))
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4)
  let size = 0
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError('an lz4 frame has no end mark.')
    const head = frame.readUInt32LE(at)
    if (head === 0) return size
    const bytes = head % UNCOMPRESSED
    size += head >= UNCOMPRESSED ? bytes : Math.min(largestBlock, bytes * MAX_RATIO)
    at += 4 + bytes + checksumBytes
  }
}
