import type { RecordStage } from '../../errors.ts'

/** An error with the node that threw it; the runtime takes it off again before anything else sees it. */
export class OperatorError extends Error {
  readonly operator: string
  readonly stage: RecordStage

  constructor(operator: string, stage: RecordStage, cause: unknown) {
    super(`${operator} threw`, { cause })
    this.operator = operator
    this.stage = stage
  }
}

/** The error with the innermost node that it came through. */
export function attributed(error: unknown, operator: string, stage: RecordStage): OperatorError {
  return error instanceof OperatorError ? error : new OperatorError(operator, stage, error)
}

export function unattributed(thrown: unknown): {
  readonly operator: string | undefined
  readonly stage: RecordStage
  readonly error: unknown
} {
  if (!(thrown instanceof OperatorError)) return { operator: undefined, stage: 'process', error: thrown }
  return { operator: thrown.operator, stage: thrown.stage, error: thrown.cause }
}
