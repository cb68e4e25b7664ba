import { Writer, type Reader } from '../../wire.ts'

/** One request of Kafka's protocol at one version: how to write it and how to read its response. */
export interface KafkaRequest<T> {
  readonly apiKey: number
  readonly apiVersion: number
  /** Kafka's name of the request, for error messages. */
  readonly name: string
  /** Whether this is a flexible version (KIP-482): its headers end with tagged fields. */
  readonly flexible?: boolean
  /** The response's header has no tagged fields although the version is flexible: so that every client can read that of ApiVersions. */
  readonly hasPlainResponse?: boolean
  /** The connection counts as dead when the response takes longer. Milliseconds; default 30 s. */
  readonly timeoutMs?: number
  /** Estimated size of a large request, so that the buffer is allocated once. */
  readonly sizeInBytes?: number
  write(writer: Writer): void
  read(reader: Reader): T
}

const SIZE_BYTES = 4
/** Size, API key, version, correlation id, length of the client id, tags. */
const HEADER_BYTES = 16

/** The request as it goes over a socket. Header and body are in one buffer, so that a large batch is copied only once. */
export function frameOf(
  { apiKey, apiVersion, flexible, sizeInBytes = 256, write }: KafkaRequest<unknown>,
  clientId: string,
  correlationId: number,
): Buffer {
  const writer = new Writer(HEADER_BYTES + clientId.length + sizeInBytes)
  writer.int32(0).int16(apiKey).int16(apiVersion).int32(correlationId).string(clientId)
  if (flexible) writer.noTags()
  write(writer)
  const { bytes } = writer
  bytes.writeInt32BE(bytes.length - SIZE_BYTES, 0)
  return bytes
}
