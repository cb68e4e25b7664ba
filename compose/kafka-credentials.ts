import { readFile } from 'node:fs/promises'
import { FatalBrokerError, type Clock, type Credentials, type OauthToken } from '../topology/index.ts'

/** An OAuth 2.0 token endpoint that issues tokens for a client's own credentials (RFC 6749, section 4.4). */
export interface TokenEndpoint {
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | undefined
}

interface CachedToken extends OauthToken {
  readonly usableUntil: number
}

const TIMEOUT_MS = 8_000
/** The part of a token's lifetime after which another one is asked for. */
const USABLE_PART = 0.8
/** Refusals of the client itself; everything else may pass. */
const REFUSALS = [400, 401, 403, 404]

/** A file that is read at each authentication, so that a secret can be replaced while the process runs. */
async function secretOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim()
}

/** Credentials whose password is in a file. */
export function passwordFrom(file: string, username: string): () => Promise<Credentials> {
  return async () => ({ username, password: await secretOf(file) })
}

export function tokenFrom(file: string): () => Promise<OauthToken> {
  return async () => ({ value: await secretOf(file) })
}

/** Tokens of an endpoint. One is used for all connections until most of its lifetime is over. */
export function tokensOf({ url, clientId, clientSecret, scope }: TokenEndpoint, clock: Clock): () => Promise<OauthToken> {
  let known: CachedToken | undefined
  /** Connections that need a token at the same time share a request. */
  let asked: Promise<CachedToken> | undefined
  const request = async (): Promise<CachedToken> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (REFUSALS.includes(response.status))
      throw new FatalBrokerError(
        `The token endpoint ${url} refuses client ${clientId} with ${response.status}: check BOB_KAFKA_TOKEN_URL, BOB_KAFKA_USER, BOB_KAFKA_PASSWORD.`,
      )
    if (!response.ok) throw new Error(`the token endpoint ${url} responds with ${response.status}`)
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null || !('access_token' in answer) || typeof answer.access_token !== 'string')
      throw new Error(`the token endpoint ${url} responds without an access_token`)
    const lifetimeMs = 'expires_in' in answer ? Number(answer.expires_in) * 1_000 : 0
    return { value: answer.access_token, usableUntil: clock.monotonic() + USABLE_PART * lifetimeMs }
  }
  return async () => {
    if (known !== undefined && clock.monotonic() < known.usableUntil) return known
    asked ??= request().finally(() => (asked = undefined))
    return (known = await asked)
  }
}
