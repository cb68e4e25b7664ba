import type { InstanceView } from '../../api/index.ts'

export interface Status {
  readonly transfersPerSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly lag: number
  readonly instances: readonly InstanceView[]
  /** Null until all past events have been read. */
  readonly booksBalanced: boolean | null
}

/**
 * One line for the terminal: `12.0 transfers/s · p50 4 ms, p99 11 ms · lag 0 · books balanced ✓ · tasks 8+8+8`. The tasks come last,
 * because the terminal cuts off a line that is too long.
 */
export function statusLine({ transfersPerSecond, p50Ms, p99Ms, lag, instances, booksBalanced }: Status): string {
  return [
    `${transfersPerSecond.toFixed(1)} transfers/s`,
    p50Ms === null || p99Ms === null ? 'no recent commands' : `p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
    `lag ${lag}`,
    booksBalanced === null ? 'checking books' : booksBalanced ? 'books balanced ✓' : 'BOOKS NOT BALANCED',
    `tasks ${instances.map(tasksOf).join('+')}`,
  ].join(' · ')
}

function tasksOf({ state, tasks }: InstanceView): string {
  const stalled = tasks.filter((task) => task.state === 'STALLED' || task.state === 'WAITING').length
  const notes = [...(state === 'RUNNING' ? [] : [state.toLowerCase()]), ...(stalled === 0 ? [] : [`${stalled} stalled`])]
  return notes.length === 0 ? String(tasks.length) : `${tasks.length}(${notes.join(', ')})`
}

/** Rewrites one line in place on a terminal; elsewhere it prints each line, less often. */
export class StatusDisplay {
  readonly #stream: NodeJS.WriteStream
  #shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Refresh interval in milliseconds. */
  get everyMs(): number {
    return this.#stream.isTTY ? 1_000 : 10_000
  }

  show(line: string): void {
    if (!this.#stream.isTTY) return void this.#stream.write(`${line}\n`)
    this.#stream.write(`\r\x1b[2K${line.slice(0, this.#stream.columns - 1)}`)
    this.#shown = true
  }

  /** Keeps the last line on the terminal. */
  end(): void {
    if (this.#shown) this.#stream.write('\n')
    this.#shown = false
  }
}
