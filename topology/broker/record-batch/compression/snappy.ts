import { tooLarge, type Codec } from './codec.ts'
import { loadLibrary } from './load-library.ts'

type Library = typeof import('snappy')

let library: Library | undefined

/** Begins the stream of blocks that snappy-java writes, before two version numbers of four bytes each. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEAD = 16

/**
 * Reads both forms that are in use: a stream of blocks, each after its length (Java clients), and one plain block (librdkafka). Writes one
 * plain block, which every client and broker reads.
 */
export const snappy: Codec = {
  name: 'snappy',
  id: 2,
  compress: (bytes) => snappyLibrary().compressSync(bytes),
  decompress: (packed, maxBytes) => {
    const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
    const blocks = bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC) ? blocksOf(bytes) : [bytes]
    const size = blocks.reduce((sum, block) => sum + sizeOf(block), 0)
    if (size > maxBytes) throw tooLarge(maxBytes)
    const parts = blocks.map(decompressBlock)
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
  },
}

function snappyLibrary(): Library {
  library ??= loadLibrary('snappy') as Library
  return library
}

function decompressBlock(block: Buffer): Buffer {
  const part = snappyLibrary().uncompressSync(block, { asBuffer: true })
  return typeof part === 'string' ? Buffer.from(part) : part
}

function blocksOf(bytes: Buffer): readonly Buffer[] {
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEAD; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new RangeError('a snappy block exceeds its stream.')
    blocks.push(bytes.subarray(at + 4, end))
    at = end
  }
  return blocks
}

/** The decompressed size, with which a block begins: a varint of at most 32 bits. */
function sizeOf(block: Buffer): number {
  let size = 0
  for (let at = 0, scale = 1; at < 5; at++, scale *= 128) {
    const byte = block[at]
    if (byte === undefined) break
    size += (byte & 127) * scale
    if (byte < 128) return size
  }
  throw new RangeError('a snappy block has no valid size.')
}
