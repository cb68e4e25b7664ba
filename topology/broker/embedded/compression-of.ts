import type { Compression } from '../../../state/index.ts'

/**
 * What a topic's setting `compression.type` makes of batches: a codec, or none for `uncompressed`. Undefined for `producer`, Kafka's default:
 * the producer chooses.
 */
export function compressionOf(settings: Readonly<Record<string, string>>): Compression | undefined {
  const type = settings['compression.type']
  switch (type) {
    case 'gzip':
    case 'snappy':
    case 'lz4':
    case 'zstd':
      return type
    case 'uncompressed':
      return 'none'
    default:
      return undefined
  }
}
