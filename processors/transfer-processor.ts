import type { KeyValueStore, Processor, ProcessorContext, Record as StreamRecord } from '../topology/index.ts'
import type { MoneyTransfer } from '../schemas/index.ts'
import type { Outcome } from './answers.ts'
import { ask, beginTransfer, continueTransfer, type Progress, type Step, type Transfer } from './domain/transfer/transfer.ts'
import type { Output } from './output.ts'
import { transferView, type StoredTransfer } from './transfer-view.ts'

const LOOK_EVERY_MS = 1_000
const STEP_DONE: Readonly<Record<Step, string>> = { debit: 'MoneyDebited', credit: 'MoneyCredited', return: 'MoneyReturned' }

/**
 * Leads each transfer from step to step. Its state is in a store, so that it goes on on whichever instance has the task; a step
 * that is not answered in time is asked for again under the same id.
 */
export class TransferProcessor implements Processor<string, MoneyTransfer | Outcome, string, Output> {
  #context: ProcessorContext<string, Output> | undefined
  #transfers: KeyValueStore<string, StoredTransfer> | undefined
  #waiting: KeyValueStore<string, number> | undefined
  #stuck: KeyValueStore<string, number> | undefined

  init(context: ProcessorContext<string, Output>): void {
    this.#context = context
    this.#transfers = context.store<KeyValueStore<string, StoredTransfer>>('transfers')
    this.#waiting = context.store<KeyValueStore<string, number>>('transfers-waiting')
    this.#stuck = context.store<KeyValueStore<string, number>>('transfers-stuck')
    context.schedule({ intervalMs: LOOK_EVERY_MS, clock: 'wall' }, (now) => this.#askAgain(now))
  }

  process({ key, value, timestamp }: StreamRecord<string, MoneyTransfer | Outcome>): void {
    if (value.type === 'MoneyTransfer') this.#begin(key, value, timestamp)
    else this.#continue(key, value, timestamp)
  }

  #begin(id: string, order: MoneyTransfer, timestamp: number): void {
    const known = this.#transfers?.get(id)
    if (known !== undefined) return this.#answerAgain(known, order.replyTo, timestamp)
    const now = this.#now(timestamp)
    const progress = beginTransfer(order, now)
    const unknown: StoredTransfer = { transfer: progress.transfer, version: 0, startedAt: now, endedAt: null, steps: [] }
    this.#advance(id, unknown, progress, [], timestamp)
  }

  #continue(id: string, answer: Outcome, timestamp: number): void {
    const known = this.#transfers?.get(id)
    const step = answer.command.slice(answer.command.lastIndexOf('/') + 1) as Step
    const refusal = answer.type === 'CommandFailed' ? { code: answer.code, reason: answer.reason } : null
    const progress = known === undefined ? undefined : continueTransfer(known.transfer, { step, refusal }, this.#now(timestamp))
    if (known === undefined || progress === undefined) return this.#context?.drop('answer-out-of-turn')
    this.#advance(id, known, progress, refusal === null ? [STEP_DONE[step]] : [], timestamp)
  }

  /** Notes how far the transfer is, and tells it: `done` are the steps behind which it stands now. */
  #advance(id: string, known: StoredTransfer, progress: Progress, done: readonly string[], timestamp: number): void {
    const { transfer, events, ask: command, outcome } = progress
    const now = this.#now(timestamp)
    const told = [...done, ...events.map(({ type }) => type), ...(transfer.state === 'stuck' ? ['TransferStuck'] : [])]
    const stored: StoredTransfer = {
      transfer,
      version: known.version + events.length,
      startedAt: known.startedAt,
      endedAt: transfer.askAgainAt === null ? now : null,
      steps: [...known.steps, ...told.map((name) => ({ name, time: now }))],
    }
    this.#transfers?.put(id, stored, timestamp)
    this.#waiting?.put(id, transfer.askAgainAt, timestamp)
    if (transfer.state === 'stuck') this.#stuck?.put(id, now, timestamp)
    for (const [at, fact] of events.entries()) {
      const event = { ...fact, command: id, version: known.version + at + 1, time: now }
      this.#context?.forward({ key: id, value: { kind: 'event', event }, timestamp })
    }
    if (told.length > 0) this.#context?.forward({ key: id, value: { kind: 'view', view: transferView(stored) }, timestamp })
    if (command !== null) this.#context?.forward({ key: command.iban, value: { kind: 'account-command', command }, timestamp })
    if (outcome !== null) this.#answer(transfer, stored.version, transfer.order.replyTo, timestamp)
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
      if (known !== undefined) this.#advance(key, known, ask(known.transfer, now), [], now)
    }
  }

  #now(timestamp: number): number {
    return this.#context?.systemTime ?? timestamp
  }
}
