import { apiError } from './api-error.ts'

/** What one request may still read. Fields of a document are resolved at the same time, so each reserves its rows before it reads them. */
export class RowBudget {
  readonly #limit: number
  #left: number

  constructor(limit: number) {
    this.#limit = limit
    this.#left = limit
  }

  /** Throws a `GraphQLError` when the request has asked for too many. */
  reserve(rows: number): void {
    this.#left -= rows
    if (this.#left < 0)
      throw apiError('TOO_LARGE', `A request may ask for ${this.#limit} rows in all: ask for fewer, or for the rest in another request.`)
  }
}
