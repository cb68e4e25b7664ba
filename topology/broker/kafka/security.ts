/** TLS from the client's side. All files are passed as their PEM text, not as paths. */
export interface TlsOptions {
  /** Certificates of the authorities that may have signed the brokers' certificates. Default: those that Node trusts. */
  readonly ca?: string | readonly string[] | undefined
  /** The client's own certificate, for brokers that ask for one (`ssl.client.auth`); only together with `key`. */
  readonly cert?: string | undefined
  /** The private key of `cert`. */
  readonly key?: string | undefined
  /** Decrypts `key`. */
  readonly passphrase?: string | undefined
  /** The name that a broker's certificate must carry. Default: the host of its address. */
  readonly servername?: string | undefined
  /** `false` accepts any certificate, and so any broker: for tests only. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** A name and its password. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A token for OAUTHBEARER (KIP-255). */
export interface OauthToken {
  /** The token itself, for most brokers a signed JSON Web Token. */
  readonly value: string
  /** SASL extensions (KIP-342) by name; default none. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** A mechanism with a name and a password. Over connections without TLS, `plain` shows the password to the network. */
export type PasswordMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

/**
 * How a client proves its identity (SASL). A function is called at each authentication: whenever a connection is opened, and so at the latest
 * when the broker's `connections.max.reauth.ms` runs out. It returns the credentials that hold then. What it throws counts as an outage that may
 * pass, unless it is a `FatalBrokerError`; after ten seconds without a result the connection fails in the same way.
 *
 * ```ts
 * const sasl = { mechanism: 'oauthbearer', token: async () => ({ value: await readFile('/run/secrets/token', 'utf8') }) }
 * ```
 */
export type SaslOptions =
  | ({ readonly mechanism: PasswordMechanism } & Credentials)
  | { readonly mechanism: PasswordMechanism; readonly credentials: () => Credentials | Promise<Credentials> }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => OauthToken | Promise<OauthToken> }
