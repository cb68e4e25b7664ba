import { documents } from '../generated/graphql.ts'
import type { Operations } from '../generated/graphql.ts'

type Queries = Operations['query']
type Mutations = Operations['mutation']

/** The API refused the request. `code` is the API's (`NOT_FOUND`, `UNAUTHENTICATED`, …); the message can be shown to the user. */
export class RefusedError extends Error {
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.name = 'RefusedError'
    this.code = code
  }
}

/** The API gave no answer, so a command may or may not have happened: repeat it with the same id. */
export class UnreachableError extends Error {
  constructor(cause?: unknown) {
    super('The bank cannot be reached.', { cause })
    this.name = 'UnreachableError'
  }
}

/** Queries one root field with all of its subfields: `await query('account', { iban })`. */
export function query<F extends keyof Queries>(field: F, args: Queries[F]['args']): Promise<Queries[F]['result']> {
  return ask<Queries[F]['result']>(documents.query[field], field, args)
}

/** As `query`, for mutations. A refused command is a result, not an error; throws only if the API refuses or cannot be reached. */
export function mutate<F extends keyof Mutations>(field: F, args: Mutations[F]['args']): Promise<Mutations[F]['result']> {
  return ask<Mutations[F]['result']>(documents.mutation[field], field, args)
}

interface GraphQLAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: ReadonlyArray<{ readonly message: string; readonly extensions?: { readonly code?: string } }>
}

async function ask<R>(document: string, field: string, variables: object): Promise<R> {
  let answer: GraphQLAnswer
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: document, variables }),
    })
    answer = await response.json()
  } catch (cause) {
    throw new UnreachableError(cause)
  }
  const error = answer.errors?.[0]
  if (error !== undefined) throw new RefusedError(error.message, error.extensions?.code ?? 'UNKNOWN')
  if (answer.data === undefined || answer.data === null) throw new UnreachableError()
  // The documents are generated from the schema and select every field of the result type.
  return answer.data[field] as R
}
