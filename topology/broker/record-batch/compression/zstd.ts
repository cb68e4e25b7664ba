import { createContext, Script } from 'node:vm'
import * as zlib from 'node:zlib'
import type { Zstd } from '@hpcc-js/wasm-zstd'
import { tooLarge, type Codec } from './codec.ts'
import { exceedsOutput } from './gzip.ts'
import { loadLibrary } from './load-library.ts'

/** In node:zlib since Node 22.15. */
interface NativeZstd {
  zstdCompressSync(bytes: Uint8Array): Buffer
  zstdDecompressSync(bytes: Uint8Array, options: { readonly maxOutputLength: number }): Buffer
}

type Decompressor = typeof import('fzstd')

const native: NativeZstd | undefined = isNative(zlib) ? zlib : undefined
let compressor: Zstd | undefined
let decompressor: Decompressor | undefined

/** Damaged bytes can make the JavaScript decoder loop for ever. A whole batch of the largest size takes it less than a second. */
const DECODER_TIMEOUT_MS = 2_000
const decoding = { decode: (): void => undefined }
const decoderContext = createContext(decoding)
const decoderCall = new Script('decode()')

const MAGIC = 0xfd2fb528
const SINGLE_SEGMENT = 0x20

/** By node:zlib where it has zstd, else by a WebAssembly module (which must be prepared) and a decoder in JavaScript. */
export const zstd: Codec = {
  name: 'zstd',
  id: 4,
  compress: (bytes) => {
    if (native !== undefined) return native.zstdCompressSync(bytes)
    if (compressor === undefined) throw new Error("zstd is not loaded: await prepareCompression('zstd') before the first batch is sent.")
    return compressor.compress(bytes)
  },
  decompress: (bytes, maxBytes) => (native === undefined ? decompressInJs(bytes, maxBytes) : decompressNatively(native, bytes, maxBytes)),
  prepare: async () => {
    if (native !== undefined) return
    const { Zstd } = await import('@hpcc-js/wasm-zstd')
    compressor ??= await Zstd.load()
  },
}

function isNative(library: object): library is NativeZstd {
  return 'zstdDecompressSync' in library
}

function decompressNatively(library: NativeZstd, bytes: Uint8Array, maxBytes: number): Buffer {
  try {
    return library.zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    throw exceedsOutput(error) ? tooLarge(maxBytes) : error
  }
}

function decompressInJs(bytes: Uint8Array, maxBytes: number): Buffer {
  if (windowSize(bytes) > maxBytes) throw tooLarge(maxBytes)
  decompressor ??= loadLibrary('fzstd') as Decompressor
  const parts: Uint8Array[] = []
  let size = 0
  const stream = new decompressor.Decompress((part) => {
    size += part.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    parts.push(part)
  })
  decoding.decode = () => stream.push(bytes, true)
  decoderCall.runInContext(decoderContext, { timeout: DECODER_TIMEOUT_MS })
  return Buffer.concat(parts, size)
}

/** How much the decoder allocates at once: a frame in a single segment does not say it apart from its size. */
function windowSize(frame: Uint8Array): number {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('a zstd frame does not begin with its magic number.')
  const flags = bytes.readUInt8(4)
  if ((flags & SINGLE_SEGMENT) === 0) {
    const descriptor = bytes.readUInt8(5)
    const base = 2 ** (10 + (descriptor >> 3))
    return base + (base / 8) * (descriptor & 7)
  }
  const at = 5 + ([0, 1, 2, 4][flags & 3] ?? 0)
  const sizeBytes = 1 << (flags >> 6)
  if (at + sizeBytes > bytes.length) throw new RangeError('a zstd frame ends in its head.')
  if (sizeBytes === 8) return Number(bytes.readBigUInt64LE(at))
  return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
}
