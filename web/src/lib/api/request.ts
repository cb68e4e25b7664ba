import { documents } from '../generated/graphql.ts'
import type { Operations } from '../generated/graphql.ts'

type Queries = Operations['query']
type Mutations = Operations['mutation']

/** The bank answered, and refused: `code` is the API's (`NOT_FOUND`, `UNAUTHENTICATED`, …), the message can be shown. */
export class RefusedError extends Error {
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.name = 'RefusedError'
    this.code = code
  }
}

/** No answer came, so what was asked for may or may not have happened: ask again with the same id. */
export class UnreachableError extends Error {
  constructor(cause?: unknown) {
    super('The bank cannot be reached.', { cause })
    this.name = 'UnreachableError'
  }
}

/** Asks one root field of the API with everything below it: `await query('account', { iban })`. */
export function query<F extends keyof Queries>(field: F, args: Queries[F]['args']): Promise<Queries[F]['result']> {
  return ask<Queries[F]['result']>(documents.query[field], field, args)
}

/** As `query`, for what changes something. A command's refusal is part of the result; only a fault throws. */
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
  // The documents select every field of the result's type, which the schema they are generated from guarantees.
  return answer.data[field] as R
}
