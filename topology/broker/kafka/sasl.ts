import { BrokerError, FatalBrokerError, RetriableBrokerError } from '../errors.ts'
import type { Ports } from '../../ports.ts'
import { Code, saslAuthenticate, saslHandshake, type KafkaRequest, type SaslStep } from './protocol/index.ts'
import { ScramExchange } from './scram.ts'
import type { Credentials, OauthToken, SaslOptions } from './security.ts'

/** A connection that has sent no other request than ApiVersions. */
export interface UnauthenticatedConnection {
  /** Of the broker, for messages. */
  readonly name: string
  request<T>(request: KafkaRequest<T>): Promise<T>
}

/** How long a provider of credentials may take. */
const PROVIDER_TIMEOUT_MS = 10_000
/** Separates the fields of an OAUTHBEARER message; alone, it asks the broker to end an authentication that it has refused. */
const OAUTH_SEPARATOR = '\x01'

/**
 * Authenticates a connection. Resolves with the session's lifetime in milliseconds, 0 if it has no end. Throws `FatalBrokerError` when the broker
 * refuses, because it would do so again, and `RetriableBrokerError` when the broker or the provider of the credentials fails.
 */
export async function authenticate(connection: UnauthenticatedConnection, sasl: SaslOptions, ports: Ports): Promise<number> {
  const mechanism = sasl.mechanism.toUpperCase()
  const { error, mechanisms } = await connection.request(saslHandshake(mechanism))
  if (error === Code.illegalSaslState)
    throw new FatalBrokerError(
      `Kafka broker ${connection.name} expects no authentication on this listener: name a listener with SASL, or leave out the option sasl.`,
    )
  if (error !== Code.none)
    throw new FatalBrokerError(
      `Kafka broker ${connection.name} does not offer the SASL mechanism ${mechanism}: configure one of ${mechanisms.join(', ')}.`,
    )
  const step = async (bytes: Uint8Array): Promise<SaslStep> => {
    const response = await connection.request(saslAuthenticate(bytes))
    if (response.error === Code.none) return response
    throw new FatalBrokerError(
      `Kafka broker ${connection.name} rejects the credentials (${mechanism}): ${response.message ?? 'no reason given'}. ` +
        'Correct them, or create the user.',
    )
  }
  if (sasl.mechanism === 'oauthbearer') return bearer(step, await provided(connection, sasl.token, ports))
  const credentials = 'credentials' in sasl ? await provided(connection, sasl.credentials, ports) : sasl
  switch (sasl.mechanism) {
    case 'plain':
      return plain(step, credentials)
    case 'scram-sha-256':
      return scram(step, new ScramExchange('sha256', credentials, nonce(ports)))
    case 'scram-sha-512':
      return scram(step, new ScramExchange('sha512', credentials, nonce(ports)))
    default:
      return sasl satisfies never
  }
}

type Step = (bytes: Uint8Array) => Promise<SaslStep>

async function plain(step: Step, { username, password }: Credentials): Promise<number> {
  return (await step(Buffer.from(`\0${username}\0${password}`))).sessionLifetimeMs
}

async function scram(step: Step, exchange: ScramExchange): Promise<number> {
  const challenge = await step(exchange.firstMessage)
  const { bytes, sessionLifetimeMs } = await step(await exchange.finalMessage(challenge.bytes))
  exchange.verify(bytes)
  return sessionLifetimeMs
}

async function bearer(step: Step, { value, extensions = {} }: OauthToken): Promise<number> {
  const fields = [`auth=Bearer ${value}`, ...Object.entries(extensions).map(([name, text]) => `${name}=${text}`)]
  const response = await step(Buffer.from(`n,,${OAUTH_SEPARATOR}${fields.join(OAUTH_SEPARATOR)}${OAUTH_SEPARATOR}${OAUTH_SEPARATOR}`))
  if (response.bytes.length === 0) return response.sessionLifetimeMs
  // RFC 7628: the broker reports its refusal as a challenge, and fails the authentication once that is acknowledged.
  await step(Buffer.from(OAUTH_SEPARATOR))
  throw new FatalBrokerError(`The broker rejects the token (OAUTHBEARER): ${response.bytes.toString()}. Correct what issues it.`)
}

/** Unpredictable with the system's ports; commas are not allowed in it. */
function nonce({ random }: Ports): string {
  return random.uuid().replaceAll('-', '')
}

/** What the provider returns; after the time-out, or if it throws, a `RetriableBrokerError`. */
async function provided<T>({ name }: UnauthenticatedConnection, provider: () => T | Promise<T>, { timers }: Ports): Promise<T> {
  const failed = (why: string, options?: ErrorOptions): RetriableBrokerError =>
    new RetriableBrokerError(`No credentials for Kafka broker ${name}: ${why}; retry.`, options)
  return new Promise<T>((resolve, reject) => {
    const timeout = timers.setTimeout(
      () => reject(failed(`their provider did not return within ${PROVIDER_TIMEOUT_MS} ms`)),
      PROVIDER_TIMEOUT_MS,
    )
    const fail = (error: unknown): void => {
      timeout.cancel()
      const isFatal = error instanceof BrokerError
      reject(isFatal ? error : failed(`their provider failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error }))
    }
    const succeed = (credentials: T): void => {
      timeout.cancel()
      resolve(credentials)
    }
    void (async () => provider())().then(succeed, fail)
  })
}
