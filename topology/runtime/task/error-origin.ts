import type { RecordStage } from '../../errors.ts'

/** The node that threw an error: the innermost one that it came through. */
export interface ErrorOrigin {
  readonly operator: string
  readonly stage: RecordStage
}

const ORIGINS = new WeakMap<object, ErrorOrigin>()

/** Beside the error, not in it: processors that catch errors of `forward` see them as they were thrown. */
export function rememberOrigin(error: unknown, origin: ErrorOrigin): void {
  if (typeof error === 'object' && error !== null && !ORIGINS.has(error)) ORIGINS.set(error, origin)
}

/** Forgets it, so that an error object that is thrown again elsewhere gets its new origin. */
export function takeOrigin(error: unknown): ErrorOrigin | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const origin = ORIGINS.get(error)
  ORIGINS.delete(error)
  return origin
}
