import { pino } from 'pino'
import type { Logger } from '../topology/index.ts'

/** Counts the errors that it logs, so that a run can report them when it ends. */
export interface CountingLogger extends Logger {
  readonly errors: number
}

/** Lines of JSON on stderr. */
export function createLogger(level: string): CountingLogger {
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
  let errors = 0
  return {
    get errors() {
      return errors
    },
    debug: (message, fields) => log.debug(fields, message),
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => {
      errors += 1
      log.error(fields, message)
    },
  }
}
