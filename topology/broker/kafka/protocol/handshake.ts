import type { KafkaRequest } from './request.ts'

/** What a broker supports. */
export interface ApiVersions {
  readonly error: number
  /** The oldest and the newest version of each request, by API key. */
  readonly ranges: ReadonlyMap<number, readonly [oldest: number, newest: number]>
  /** The levels of the cluster's finalized features (KIP-584), such as `transaction.version`; empty if the broker does not know them yet. */
  readonly features: ReadonlyMap<string, number>
}

const CLIENT = 'bob'
const CLIENT_VERSION = '1'
const FINALIZED_FEATURES = 2

/** The first request of a connection. A broker that is older than this version responds in version 0, with UNSUPPORTED_VERSION. */
export function apiVersions(): KafkaRequest<ApiVersions> {
  return {
    apiKey: 18,
    apiVersion: 3,
    name: 'ApiVersions',
    flexible: true,
    hasPlainResponse: true,
    write: (writer) => void writer.compactString(CLIENT).compactString(CLIENT_VERSION).noTags(),
    read: (reader) => {
      const error = reader.int16()
      const features = new Map<string, number>()
      if (error !== 0) return { error, ranges: new Map(), features }
      const ranges = reader.compactArray(() => {
        const range = [reader.int16(), [reader.int16(), reader.int16()]] as const
        reader.skipTags()
        return range
      })
      reader.int32()
      reader.tags((tag, field) => {
        if (tag !== FINALIZED_FEATURES) return
        field.compactArray(() => {
          features.set(field.compactString() ?? '', field.int16())
          field.int16()
          field.skipTags()
        })
      })
      return { error, ranges: new Map(ranges), features }
    },
  }
}

/** Chooses the mechanism. The response lists those of the listener. */
export function saslHandshake(mechanism: string): KafkaRequest<{ readonly error: number; readonly mechanisms: readonly string[] }> {
  return {
    apiKey: 17,
    apiVersion: 1,
    name: 'SaslHandshake',
    write: (writer) => void writer.string(mechanism),
    read: (reader) => ({ error: reader.int16(), mechanisms: reader.array(() => reader.text()) }),
  }
}

export interface SaslStep {
  readonly error: number
  readonly message: string | null
  /** The broker's message of the mechanism. */
  readonly bytes: Buffer
  /** How long the broker accepts requests on the connection (KIP-368). Milliseconds; 0: for ever. */
  readonly sessionLifetimeMs: number
}

/** One message of the mechanism, and the response to it. */
export function saslAuthenticate(bytes: Uint8Array): KafkaRequest<SaslStep> {
  return {
    apiKey: 36,
    apiVersion: 1,
    name: 'SaslAuthenticate',
    write: (writer) => void writer.byteArray(bytes),
    read: (reader) => ({
      error: reader.int16(),
      message: reader.string(),
      bytes: reader.byteArray(),
      sessionLifetimeMs: reader.int64(),
    }),
  }
}
