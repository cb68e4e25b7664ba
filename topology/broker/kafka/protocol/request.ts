import { Writer, type Reader } from './wire.ts'

/** One request of Kafka's protocol at one version: how to write it and how to read its response. */
export interface KafkaRequest<T> {
  readonly apiKey: number
  readonly apiVersion: number
  /** Kafka's name of the request, for error messages. */
  readonly name: string
  /** Whether this is a flexible version (KIP-482): its headers end with tagged fields. */
  readonly flexible?: boolean
  /** The connection counts as dead when the response takes longer. Milliseconds; default 30 s. */
  readonly timeoutMs?: number
  /** Estimated size of a large request, so that the buffer is allocated once. */
  readonly sizeInBytes?: number
  write(writer: Writer): void
  read(reader: Reader): T
}

/** The request as it goes over a socket, for a version that is not flexible. */
export function frameOf(request: KafkaRequest<unknown>, clientId: string, correlationId: number): Uint8Array {
  const body = new Writer().int16(request.apiKey).int16(request.apiVersion).int32(correlationId).string(clientId)
  request.write(body)
  return Uint8Array.from(new Writer().byteArray(body.bytes).bytes)
}
