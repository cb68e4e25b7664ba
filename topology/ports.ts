/**
 * The outside world of the engine. Nothing else in `topology/` reads a clock, sets a timer or draws a random number: production
 * passes the system's ports, the simulator passes virtual ones that are derived from a seed.
 */
export interface Ports {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** A monotonic reading in milliseconds, for durations. */
  monotonic(): number
}

export interface Timers {
  setTimeout(callback: () => void, delayMs: number): TimerHandle
  /** Resolves after at least the delay; rejects with the signal's reason when the signal is aborted. */
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

/** Stable codes of log lines that programs react to. The text of a line may change, its code does not. */
export type LogCode =
  | 'broker-unreachable'
  | 'coordinator-moved'
  | 'dead-letter'
  | 'fetch-failed'
  | 'global-stores-wait'
  | 'group-unreachable'
  | 'instance-failed'
  | 'heartbeats-not-apart'
  | 'instance-blocked'
  | 'instance-gone'
  | 'leftover-state'
  | 'member-refused'
  | 'membership-lost'
  | 'producer-not-open'
  | 'rebalance-stalled'
  | 'record-dropped'
  | 'request-retried'
  | 'settings-not-readable'
  | 'standby-behind'
  | 'state-wiped'
  | 'task-failed'
  | 'task-not-closed'
  | 'task-stalled'
  | 'task-waits'
  | 'topics-not-described'

export interface LogFields {
  readonly code?: LogCode
  readonly [name: string]: unknown
}

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}
