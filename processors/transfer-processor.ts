import type { MoneyTransfer, Outcome } from '../schemas/index.ts'
import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'
import { isStep, stepEvent, type StepEventType, type TransferStepName } from './domain/transfer/steps.ts'
import { beginTransfer, continueTransfer, requestStep, type Progress, type Transfer } from './domain/transfer/transfer.ts'
import type { TransferOutput } from './output.ts'
import { transferView, type StoredTransfer } from './transfer-view.ts'

const RETRY_INTERVAL_MS = 1_000

/**
 * The saga: leads each transfer from step to step. Its state is in stores, so that it continues on any instance that is assigned the task.
 * A step without an answer in time is asked for again under the same id.
 */
export class TransferProcessor implements Processor<string, MoneyTransfer | Outcome, string, TransferOutput> {
  readonly #context: ProcessorContext<string, TransferOutput>
  readonly #transfers: KeyValueStore<string, StoredTransfer>
  readonly #waiting: KeyValueStore<string, number>
  readonly #stuck: KeyValueStore<string, number>

  constructor(context: ProcessorContext<string, TransferOutput>) {
    this.#context = context
    this.#transfers = context.store('transfers')
    this.#waiting = context.store('transfers-waiting')
    this.#stuck = context.store('transfers-stuck')
  }

  init(): void {
    this.#context.schedule({ intervalMs: RETRY_INTERVAL_MS, clock: 'wall' }, (now) => this.#askAgain(now))
  }

  process({ key, value, timestamp }: Record<string, MoneyTransfer | Outcome>): void {
    switch (value.type) {
      case 'MoneyTransfer':
        return this.#begin(key, value, timestamp)
      case 'CommandSucceeded':
      case 'CommandFailed':
        return this.#continue(key, value, timestamp)
      default:
        return value satisfies never
    }
  }

  #begin(id: string, order: MoneyTransfer, timestamp: number): void {
    const known = this.#transfers.get(id)
    if (known !== undefined) return this.#answerAgain(known, order.replyTo, timestamp)
    const now = this.#context.systemTime
    const progress = beginTransfer(order, now)
    const started: StoredTransfer = { transfer: progress.transfer, version: 0, startedAt: now, endedAt: null, steps: [] }
    this.#advance(id, started, progress, null, timestamp)
  }

  #continue(id: string, answer: Outcome, timestamp: number): void {
    const known = this.#transfers.get(id)
    const step = answer.command.slice(answer.command.lastIndexOf('/') + 1)
    if (known === undefined || !isStep(step)) return this.#context.drop('answer-out-of-turn')
    const refusal = answer.type === 'CommandFailed' ? { code: answer.code, reason: answer.reason } : null
    const progress = continueTransfer(known.transfer, { step, refusal }, this.#context.systemTime)
    if (progress === undefined) return this.#context.drop('answer-out-of-turn')
    this.#advance(id, known, progress, refusal === null ? stepEvent(step) : null, timestamp)
  }

  /** Stores the progress and forwards what follows from it; `stepDone` is the account's event behind a successful answer. */
  #advance(id: string, known: StoredTransfer, progress: Progress, stepDone: StepEventType | null, timestamp: number): void {
    const { transfer, events, command, outcome } = progress
    const now = this.#context.systemTime
    const names: TransferStepName[] = events.map(({ type }) => type)
    if (stepDone !== null) names.unshift(stepDone)
    if (transfer.state === 'stuck') names.push('TransferStuck')
    const stored: StoredTransfer = {
      transfer,
      version: known.version + events.length,
      startedAt: known.startedAt,
      endedAt: transfer.askAgainAt === null ? now : null,
      steps: [...known.steps, ...names.map((name) => ({ name, time: now }))],
    }
    this.#transfers.put(id, stored, timestamp)
    this.#waiting.put(id, transfer.askAgainAt, timestamp)
    if (transfer.state === 'stuck') this.#stuck.put(id, now, timestamp)
    for (const [index, fact] of events.entries()) {
      const event = { ...fact, command: id, version: known.version + index + 1, time: now }
      this.#context.forward({ key: id, value: { kind: 'event', record: event }, timestamp })
    }
    if (names.length > 0) this.#context.forward({ key: id, value: { kind: 'view', record: transferView(stored) }, timestamp })
    if (command !== null) this.#context.forward({ key: command.iban, value: { kind: 'account-command', record: command }, timestamp })
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
    this.#context.forward({ key: replyTo, value: { kind: 'outcome', record: outcome }, timestamp })
  }

  async #askAgain(now: number): Promise<void> {
    for await (const { key, value: askAgainAt } of this.#waiting.all()) {
      const known = askAgainAt > now ? undefined : this.#transfers.get(key)
      if (known !== undefined) this.#advance(key, known, requestStep(known.transfer, now), null, now)
    }
  }
}
