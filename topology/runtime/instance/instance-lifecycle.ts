import type { Clock, Logger } from '../../ports.ts'
import { StateMachine, type Transitions } from '../state-machine.ts'

/**
 * Where an instance is in its life:
 *
 *     created ──▶ starting ──▶ rebalancing ◀──▶ running
 *                    │              │              │
 *                    └──────────────┴──────────────┴──▶ failed
 *     every state ──▶ stopped
 *
 * - `starting`: creates its internal topics and fills its global stores.
 * - `rebalancing`: the group divides the tasks; tasks that stay go on running.
 * - `failed`: it met an error that it cannot recover from (`failure` says which). It commits nothing any more, closes its tasks and leaves the group.
 */
export type StreamsState = 'created' | 'starting' | 'rebalancing' | 'running' | 'stopped' | 'failed'

const TRANSITIONS: Transitions<StreamsState> = {
  created: ['starting', 'stopped'],
  starting: ['rebalancing', 'failed', 'stopped'],
  rebalancing: ['running', 'failed', 'stopped'],
  running: ['rebalancing', 'failed', 'stopped'],
  failed: ['stopped'],
  stopped: [],
}

/** An instance's state, why it failed, and the listeners of state changes. */
export class InstanceLifecycle {
  readonly #instanceId: string
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #machine: StateMachine<StreamsState>
  readonly #listeners = new Set<(state: StreamsState) => void>()
  #failure: unknown
  #changedAt: number

  constructor(instanceId: string, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#instanceId = instanceId
    this.#logger = logger
    this.#clock = clock
    this.#changedAt = clock.monotonic()
    this.#machine = new StateMachine(`Instance ${instanceId}`, 'created', TRANSITIONS)
  }

  get state(): StreamsState {
    return this.#machine.state
  }

  get isStopped(): boolean {
    return this.state === 'stopped'
  }

  /** Neither failed nor stopped: it may open tasks. */
  get isActive(): boolean {
    return this.state !== 'failed' && !this.isStopped
  }

  /** How long the instance has been in its state, milliseconds. */
  get ageMs(): number {
    return this.#clock.monotonic() - this.#changedAt
  }

  get failure(): unknown {
    return this.#failure
  }

  onChange(listener: (state: StreamsState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Nothing happens where the transition is not legal: what the group says reaches a failed or stopped instance too. */
  become(state: StreamsState): void {
    if (!this.#machine.canBecome(state)) return
    this.#machine.become(state)
    this.#changedAt = this.#clock.monotonic()
    for (const listener of this.#listeners) listener(state)
  }

  /** The first failure is the one that is kept. */
  fail(error: unknown): void {
    if (!this.#machine.canBecome('failed')) return
    this.#logger.error('the instance cannot continue', { code: 'instance-failed', instance: this.#instanceId, error: String(error) })
    this.#failure = error
    this.become('failed')
  }
}
