export interface StartProgressOptions {
  readonly json: boolean
  readonly output: Pick<NodeJS.WritableStream, 'write'>
  /** Milliseconds since the start of the process. */
  readonly now: () => number
}

const INTERVAL_MS = 1_000

/**
 * Says what a start is doing once it has taken a second, and then once a second: `reading the index of the log: 40 %`, or in JSON
 * `{"starting":"reading the index of the log","share":0.4}`.
 */
export class StartProgress {
  readonly #options: StartProgressOptions
  #nextAt = INTERVAL_MS

  constructor(options: StartProgressOptions) {
    this.#options = options
  }

  report(step: string, share?: number): void {
    const { json, output, now } = this.#options
    if (now() < this.#nextAt) return
    this.#nextAt = now() + INTERVAL_MS
    const rounded = share === undefined ? undefined : Math.round(share * 100) / 100
    if (json) output.write(`${JSON.stringify({ starting: step, share: rounded })}\n`)
    else output.write(rounded === undefined ? `${step} …\n` : `${step}: ${Math.round(rounded * 100)} %\n`)
  }
}
