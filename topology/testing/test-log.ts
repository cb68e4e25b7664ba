import type { Clock, Logger } from '../ports.ts'

/** Keeps a test's log lines and prints them if it fails. For failures on a real broker, which are hard to reproduce. */
export class TestLog {
  readonly logger: Logger
  #lines: string[] = []

  constructor(clock: Clock) {
    const write = (level: string) => (message: string, fields?: object) =>
      void this.#lines.push(`${Math.round(clock.monotonic())} ms ${level}: ${message} ${JSON.stringify(fields ?? {})}`)
    this.logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  }

  /** Clears the log for the next test; `onFailed` is that test's `onTestFailed`. */
  tellIf(onFailed: (tell: () => void) => void): void {
    this.#lines = []
    onFailed(() => process.stderr.write(`${this.#lines.join('\n')}\n`))
  }
}
