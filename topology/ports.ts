/**
 * The world outside as the engine sees it. Nothing else in `topology/` reads a clock, sets a timer or makes a random
 * number: production passes the system's, the simulator passes virtual ones that follow from a seed.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** A monotonic reading in milliseconds, for durations. */
  monotonic(): number
}

export interface Timers {
  setTimeout(callback: () => void, delayMs: number): TimerHandle
  /** Resolves after at least so long; rejects with the signal's reason when it is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Lets other work run: resolves in a later turn of the event loop. */
  yield(): Promise<void>
}

export interface TimerHandle {
  cancel(): void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  uuid(): string
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface Ports {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}
