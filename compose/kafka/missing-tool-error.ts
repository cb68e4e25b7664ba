/** A required program is not installed; the message says which, and what to do. */
export class MissingToolError extends Error {
  readonly code = 'MISSING_TOOL'
}
