/** A program that is needed is not on this machine; the message says which, and what to do, in one sentence. */
export class MissingToolError extends Error {
  readonly code = 'MISSING_TOOL'
}
