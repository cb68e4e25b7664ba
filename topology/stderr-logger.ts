import type { Clock, LogFields, Logger } from './ports.ts'

/** Prints warnings and errors, one line each: time, level, message, fields as JSON. Debug and info lines are not printed. */
export function stderrLogger(clock: Pick<Clock, 'now'>, write = (line: string): void => void process.stderr.write(line)): Logger {
  const print =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      write(`${new Date(clock.now()).toISOString()} ${level} ${message} ${asJson(fields)}\n`)
  return { debug: () => undefined, info: () => undefined, warn: print('warn'), error: print('error') }
}

/** A log line must not throw: fields that JSON cannot hold are written as text. */
function asJson(fields: LogFields): string {
  try {
    return JSON.stringify(fields, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value instanceof Error ? String(value) : value,
    )
  } catch (error) {
    return JSON.stringify({ code: fields.code, unprintable: String(error) })
  }
}
