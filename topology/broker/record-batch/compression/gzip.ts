import { gunzipSync, gzipSync } from 'node:zlib'
import { tooLarge, type Codec } from './codec.ts'

export const gzip: Codec = {
  name: 'gzip',
  id: 1,
  compress: (bytes) => gzipSync(bytes),
  decompress: (bytes, maxBytes) => {
    try {
      return gunzipSync(bytes, { maxOutputLength: maxBytes })
    } catch (error) {
      throw exceedsOutput(error) ? tooLarge(maxBytes) : error
    }
  },
}

/** Whether node:zlib stopped because the output would exceed `maxOutputLength`. */
export function exceedsOutput(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
