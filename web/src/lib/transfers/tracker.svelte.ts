/**
 * The transfers sent from this page, newest first, until they end. An answer that says "pending" is followed by a stream of that
 * one transfer, two at a time; no answer at all leaves it unknown, and sending again uses the same id, so it can only happen once.
 */
import { live } from '../api/live.ts'
import { mutate } from '../api/request.ts'
import type { Operations, Transfer } from '../generated/graphql.ts'
import { newId } from '../ids.ts'
import { reasonOf } from '../reason.ts'

export interface SentTransfer {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly cents: bigint
  readonly description: string
  readonly state: 'sending' | 'pending' | 'completed' | 'failed' | 'stuck' | 'unknown'
  readonly reason: string
  /** As the bank tells it, as soon as it does. */
  readonly transfer: Transfer | null
}

export type Order = Pick<SentTransfer, 'from' | 'to' | 'cents' | 'description'>

const KEPT = 10
const FOLLOWED_AT_ONCE = 2
const CASH = 'cash'
const STATES = { PENDING: 'pending', COMPLETED: 'completed', FAILED: 'failed', STUCK: 'stuck' } as const

export class TransferTracker {
  sent = $state.raw<readonly SentTransfer[]>([])
  readonly #ended: (transfer: SentTransfer) => void
  readonly #followed = new Map<string, () => void>()

  /** `ended` hears of each transfer that came to its end, whichever. */
  constructor(ended: (transfer: SentTransfer) => void) {
    this.#ended = ended
  }

  deposit(to: string, cents: bigint): Promise<void> {
    return this.transfer({ from: CASH, to, cents, description: 'Deposit' })
  }

  transfer(order: Order): Promise<void> {
    const transfer: SentTransfer = { ...order, id: newId(), state: 'sending', reason: '', transfer: null }
    const old = this.sent.filter(({ state }) => isOpen(state) || state === 'unknown')
    this.sent = [transfer, ...this.sent.filter((one) => old.includes(one) || this.sent.indexOf(one) < KEPT - 1)]
    return this.#send(transfer)
  }

  /** For one whose answer never came. */
  sendAgain(id: string): Promise<void> {
    const transfer = this.sent.find((one) => one.id === id)
    if (transfer?.state !== 'unknown') return Promise.resolve()
    this.#change(id, { state: 'sending', reason: '' })
    return this.#send(transfer)
  }

  close(): void {
    for (const stop of this.#followed.values()) stop()
    this.#followed.clear()
  }

  async #send({ id, from, to, cents, description }: SentTransfer): Promise<void> {
    const amount = cents.toString()
    try {
      const answer =
        from === CASH ? await mutate('deposit', { id, to, amount }) : await mutate('transfer', { id, from, to, amount, description })
      this.#answered(id, answer)
    } catch (error) {
      this.#change(id, { state: 'unknown', reason: reasonOf(error) })
    }
  }

  #answered(id: string, { transfer, pending, reason }: Operations['mutation']['transfer']['result']): void {
    if (reason !== null && !pending) this.#learn(id, { state: 'failed', reason, transfer })
    else if (transfer !== null && transfer.state !== 'PENDING') this.#learned(id, transfer)
    else this.#learn(id, { state: pending || transfer !== null ? 'pending' : 'completed', transfer })
  }

  #learned(id: string, transfer: Transfer): void {
    this.#learn(id, { state: STATES[transfer.state], reason: transfer.reason ?? '', transfer })
  }

  #learn(id: string, change: Partial<SentTransfer>): void {
    const before = this.sent.find((one) => one.id === id)
    this.#change(id, change)
    const after = this.sent.find((one) => one.id === id)
    if (after !== undefined && !isOpen(after.state) && before !== undefined && isOpen(before.state)) {
      this.#followed.get(id)?.()
      this.#followed.delete(id)
      this.#ended(after)
    }
    this.#followNext()
  }

  #followNext(): void {
    for (const { id, state } of this.sent.toReversed()) {
      if (this.#followed.size >= FOLLOWED_AT_ONCE) return
      if (state !== 'pending' || this.#followed.has(id)) continue
      const stop = live('transfer', () => ({ id }), {
        next: (transfer) => this.#learned(id, transfer),
        refused: (error) => this.#change(id, { state: 'unknown', reason: error.message }),
      })
      this.#followed.set(id, stop)
    }
  }

  #change(id: string, change: Partial<SentTransfer>): void {
    this.sent = this.sent.map((one) => (one.id === id ? { ...one, ...change } : one))
  }
}

function isOpen(state: SentTransfer['state']): boolean {
  return state === 'sending' || state === 'pending'
}
