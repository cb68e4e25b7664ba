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
  /** The bank’s view of the transfer; null until known. */
  readonly transfer: Transfer | null
}

export type Order = Pick<SentTransfer, 'from' | 'to' | 'cents' | 'description'>

const MAX_SENT = 10
const MAX_FOLLOWED = 2
const CASH = 'cash'
const STATES = { PENDING: 'pending', COMPLETED: 'completed', FAILED: 'failed', STUCK: 'stuck' } as const

/**
 * The last transfers sent from this page, newest first. A pending transfer is followed by a subscription until it ends, two transfers at
 * a time. A transfer without an answer is `unknown`; sending it again reuses its id, so that it cannot happen twice.
 */
export class TransferTracker {
  sent = $state.raw<readonly SentTransfer[]>([])
  readonly #ended: (transfer: SentTransfer) => void
  readonly #followed = new Map<string, () => void>()

  /** `ended` is called once for each transfer that completes, fails or gets stuck. */
  constructor(ended: (transfer: SentTransfer) => void) {
    this.#ended = ended
  }

  deposit(to: string, cents: bigint): Promise<void> {
    return this.transfer({ from: CASH, to, cents, description: 'Deposit' })
  }

  transfer(order: Order): Promise<void> {
    const transfer: SentTransfer = { ...order, id: newId(), state: 'sending', reason: '', transfer: null }
    const undecided = this.sent.filter(({ state }) => isOpen(state) || state === 'unknown')
    this.sent = [transfer, ...this.sent.filter((earlier, index) => undecided.includes(earlier) || index < MAX_SENT - 1)]
    return this.#send(transfer)
  }

  /** Repeats a transfer whose answer never arrived, under the same id. */
  sendAgain(id: string): Promise<void> {
    const transfer = this.#find(id)
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
      this.#applyAnswer(id, answer)
    } catch (error) {
      this.#change(id, { state: 'unknown', reason: reasonOf(error) })
    }
  }

  #applyAnswer(id: string, { transfer, pending, reason }: Operations['mutation']['transfer']['result']): void {
    if (reason !== null && !pending) this.#apply(id, { state: 'failed', reason, transfer })
    else if (transfer !== null && transfer.state !== 'PENDING') this.#applyTransfer(id, transfer)
    else this.#apply(id, { state: pending || transfer !== null ? 'pending' : 'completed', transfer })
  }

  #applyTransfer(id: string, transfer: Transfer): void {
    this.#apply(id, { state: STATES[transfer.state], reason: transfer.reason ?? '', transfer })
  }

  #apply(id: string, change: Partial<SentTransfer>): void {
    const before = this.#find(id)
    this.#change(id, change)
    const after = this.#find(id)
    if (after !== undefined && !isOpen(after.state) && before !== undefined && isOpen(before.state)) {
      this.#followed.get(id)?.()
      this.#followed.delete(id)
      this.#ended(after)
    }
    this.#followNext()
  }

  #followNext(): void {
    for (const { id, state } of this.sent.toReversed()) {
      if (this.#followed.size >= MAX_FOLLOWED) return
      if (state !== 'pending' || this.#followed.has(id)) continue
      const stop = live('transfer', () => ({ id }), {
        next: (transfer) => this.#applyTransfer(id, transfer),
        refused: (error) => this.#change(id, { state: 'unknown', reason: error.message }),
      })
      this.#followed.set(id, stop)
    }
  }

  #find(id: string): SentTransfer | undefined {
    return this.sent.find((transfer) => transfer.id === id)
  }

  #change(id: string, change: Partial<SentTransfer>): void {
    this.sent = this.sent.map((transfer) => (transfer.id === id ? { ...transfer, ...change } : transfer))
  }
}

function isOpen(state: SentTransfer['state']): boolean {
  return state === 'sending' || state === 'pending'
}
