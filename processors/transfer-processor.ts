import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import type { MoneyTransfer } from '../schemas/index.ts'
import type { Outcome } from './answers.ts'
import { ask, beginTransfer, continueTransfer, type Progress, type Step, type Transfer } from './domain/transfer/transfer.ts'
import { EXPIRED } from './domain/refusal.ts'
import type { Output } from './output.ts'

/** The saga's store: how the transfer stands, and how many events it has had. */
export interface StoredTransfer {
  readonly transfer: Transfer
  readonly version: number
}

const LOOK_EVERY_MS = 1_000

/**
 * Leads each transfer from step to step. Its state is in a store, so that it goes on on whichever instance has the task; a step
 * that is not answered in time is asked for again under the same id.
 */
export class TransferProcessor implements Processor<string, MoneyTransfer | Outcome, string, Output> {
  #context: ProcessorContext<string, Output> | undefined
  #transfers: KeyValueStore<string, StoredTransfer> | undefined
  #waiting: KeyValueStore<string, number> | undefined

  init(context: ProcessorContext<string, Output>): void {
    this.#context = context
    this.#transfers = context.store<KeyValueStore<string, StoredTransfer>>('transfers')
    this.#waiting = context.store<KeyValueStore<string, number>>('transfers-waiting')
    context.schedule({ intervalMs: LOOK_EVERY_MS, clock: 'wall' }, (now) => this.#askAgain(now))
  }

  process({ key, value, timestamp }: Record<string, MoneyTransfer | Outcome>): void {
    if (value.type === 'MoneyTransfer') this.#begin(key, value, timestamp)
    else this.#continue(key, value, timestamp)
  }

  #begin(id: string, order: MoneyTransfer, timestamp: number): void {
    const known = this.#transfers?.get(id)
    if (known !== undefined) return this.#answerAgain(known, order.replyTo, timestamp)
    if (this.#now(timestamp) > order.deadline) {
      const outcome = { type: 'CommandFailed' as const, command: id, code: EXPIRED.code, reason: EXPIRED.reason }
      return this.#context?.forward({ key: order.replyTo, value: { kind: 'outcome', outcome }, timestamp })
    }
    this.#advance(id, 0, beginTransfer(order, this.#now(timestamp)), timestamp)
  }

  #continue(id: string, answer: Outcome, timestamp: number): void {
    const known = this.#transfers?.get(id)
    const step = answer.command.slice(answer.command.lastIndexOf('/') + 1) as Step
    const refusal = answer.type === 'CommandFailed' ? { code: answer.code, reason: answer.reason } : null
    const progress = known === undefined ? undefined : continueTransfer(known.transfer, { step, refusal }, this.#now(timestamp))
    if (known === undefined || progress === undefined) return this.#context?.drop('answer-out-of-turn')
    this.#advance(id, known.version, progress, timestamp)
  }

  #advance(id: string, version: number, { transfer, events, ask: command, outcome }: Progress, timestamp: number): void {
    const now = this.#now(timestamp)
    this.#transfers?.put(id, { transfer, version: version + events.length }, timestamp)
    this.#waiting?.put(id, transfer.askAgainAt, timestamp)
    for (const [at, fact] of events.entries()) {
      const event = { ...fact, command: id, version: version + at + 1, time: now }
      this.#context?.forward({ key: id, value: { kind: 'event', event }, timestamp })
    }
    if (command !== null) this.#context?.forward({ key: command.iban, value: { kind: 'account-command', command }, timestamp })
    if (outcome !== null) this.#answer(transfer, version + events.length, transfer.order.replyTo, timestamp)
  }

  #answerAgain({ transfer, version }: StoredTransfer, replyTo: string, timestamp: number): void {
    if (transfer.askAgainAt === null) this.#answer(transfer, version, replyTo, timestamp)
  }

  #answer({ order, failure }: Transfer, version: number, replyTo: string, timestamp: number): void {
    const outcome: Outcome =
      failure === null
        ? { type: 'CommandSucceeded', command: order.id, version, token: null }
        : { type: 'CommandFailed', command: order.id, code: failure.code, reason: failure.reason }
    this.#context?.forward({ key: replyTo, value: { kind: 'outcome', outcome }, timestamp })
  }

  async #askAgain(now: number): Promise<void> {
    if (this.#waiting === undefined) return
    for await (const { key, value: askAgainAt } of this.#waiting.all()) {
      const known = askAgainAt > now ? undefined : this.#transfers?.get(key)
      if (known !== undefined) this.#advance(key, known.version, ask(known.transfer, now), now)
    }
  }

  #now(timestamp: number): number {
    return this.#context?.systemTime ?? timestamp
  }
}
