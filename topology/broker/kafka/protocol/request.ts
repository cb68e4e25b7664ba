import type { Reader, Writer } from '../../wire.ts'

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
