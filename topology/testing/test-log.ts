import type { Clock, Logger } from '../ports.ts'

/** What is logged in a test, kept until it is known whether the test failed: for failures on a real broker, which seldom come twice. */
export class TestLog {
  readonly logger: Logger
  #lines: string[] = []

  constructor(clock: Clock) {
    const at = (level: string) => (message: string, fields?: object) =>
      void this.#lines.push(`${Math.round(clock.monotonic())} ms ${level}: ${message} ${JSON.stringify(fields ?? {})}`)
    this.logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  /** Begins anew; `onFailed` is the test's own `onTestFailed`. */
  tellIf(onFailed: (tell: () => void) => void): void {
    this.#lines = []
    onFailed(() => process.stderr.write(`${this.#lines.join('\n')}\n`))
  }
}
