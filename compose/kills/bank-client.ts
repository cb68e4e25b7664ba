/** The bank answered a request with an error; `code` is its `extensions.code`, if it has one. */
export class RefusedRequestError extends Error {
  readonly code: string | undefined

  constructor(message: string, code: string | undefined) {
    super(message)
    this.code = code
  }
}

interface GraphqlResponse<T> {
  readonly data?: T | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** A client of the bank over GraphQL, as the page is. Requests throw `TypeError` while the bank cannot be reached. */
export class BankClient {
  readonly #url: string
  readonly #username: string
  readonly #password = 'a long enough password'
  #cookie = ''

  constructor(url: string, username: string) {
    this.#url = url
    this.#username = username
  }

  async signIn(): Promise<void> {
    const { signUp } = await this.ask<{ signUp: { reason: string | null } }>(
      'mutation ($username: String!, $password: String!) { signUp(username: $username, password: $password) { reason } }',
      { username: this.#username, password: this.#password },
    )
    if (signUp.reason !== null) throw new Error(`${this.#username} could not sign up: ${signUp.reason}`)
  }

  async openAccount(id: string): Promise<string> {
    const { openAccount } = await this.ask<{ openAccount: { account: { iban: string } | null; reason: string | null } }>(
      'mutation ($id: ID!) { openAccount(id: $id) { account { iban } reason } }',
      { id },
    )
    if (openAccount.account === null)
      throw new Error(`No account was opened for ${this.#username}: ${openAccount.reason ?? 'no outcome in time'}`)
    return openAccount.account.iban
  }

  /** Throws `RefusedRequestError` if the bank answers with an error. */
  async ask<T>(query: string, variables: Readonly<Record<string, unknown>>): Promise<T> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#url, cookie: this.#cookie },
      body: JSON.stringify({ query, variables }),
    })
    const cookie = response.headers.get('set-cookie')
    if (cookie !== null) this.#cookie = cookie.split(';')[0] ?? ''
    const { data, errors } = (await response.json()) as GraphqlResponse<T>
    if (data === undefined || data === null || errors !== undefined) {
      const error = errors?.[0]
      throw new RefusedRequestError(`The bank refused a request: ${error?.message ?? response.status}`, error?.extensions?.code)
    }
    return data
  }
}
