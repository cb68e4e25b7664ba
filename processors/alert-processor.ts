import type { AlertRaised, AlertSettings, TransactionRow } from '../schemas/index.ts'
import type { KeyValueStore, Processor, ProcessorContext, Record } from '../topology/index.ts'

/** A row with the alert settings of its account; null: the owners have never set any. */
export interface WatchedRow {
  readonly row: TransactionRow
  readonly settings: AlertSettings | null
}

type Kind = AlertRaised['kind']

const FIVE_MINUTES_MS = 5 * 60_000

/** Compares each row with the settings of its account. An alert's id is derived from row and kind, so that a rebuild yields the same ids. */
export class AlertProcessor implements Processor<string, WatchedRow, string, AlertRaised> {
  readonly #context: ProcessorContext<string, AlertRaised>
  readonly #counterparties: KeyValueStore<string, number>
  readonly #debits: KeyValueStore<string, readonly number[]>

  constructor(context: ProcessorContext<string, AlertRaised>) {
    this.#context = context
    this.#counterparties = context.store('counterparties')
    this.#debits = context.store('recent-debits')
  }

  process({ key: iban, value: { row, settings }, timestamp }: Record<string, WatchedRow>): void {
    const isNew = this.#isNewCounterparty(row, timestamp)
    if (settings === null) return
    for (const [kind, text] of this.#reasons(row, settings, isNew, timestamp)) {
      const alert: AlertRaised = { type: 'AlertRaised', id: `${row.id}-${kind}`, iban, kind, text, transactionId: row.id, time: row.time }
      this.#context.forward({ key: iban, value: alert, timestamp })
    }
  }

  #reasons(row: TransactionRow, settings: AlertSettings, isNew: boolean, timestamp: number): readonly (readonly [Kind, string])[] {
    const { amountAbove, balanceBelow, counterpartyNew, debitsInFiveMinutes } = settings
    const reasons: (readonly [Kind, string])[] = []
    if (balanceBelow !== null && row.newBalance < balanceBelow)
      reasons.push(['BALANCE_BELOW', `The balance of ${euros(row.newBalance)} is below ${euros(balanceBelow)}.`])
    if (amountAbove !== null && row.amount > amountAbove)
      reasons.push(['AMOUNT_ABOVE', `${euros(row.amount)} is more than ${euros(amountAbove)}.`])
    if (counterpartyNew && isNew) reasons.push(['COUNTERPARTY_NEW', `${row.counterparty} is new to this account.`])
    if (debitsInFiveMinutes !== null && row.direction === 'DEBIT') {
      const count = this.#countDebits(row, debitsInFiveMinutes, timestamp)
      if (count > debitsInFiveMinutes) reasons.push(['MANY_DEBITS', `More than ${debitsInFiveMinutes} debits within five minutes.`])
    }
    return reasons
  }

  #isNewCounterparty({ iban, counterparty, time }: TransactionRow, timestamp: number): boolean {
    const key = `${iban}\n${counterparty}`
    if (this.#counterparties.get(key) !== undefined) return false
    this.#counterparties.put(key, time, timestamp)
    return true
  }

  /** Counts the debits in the five minutes up to this one, up to limit + 1: the store keeps no more of them. */
  #countDebits({ iban, time }: TransactionRow, limit: number, timestamp: number): number {
    const recent = [...(this.#debits.get(iban) ?? []).filter((debitTime) => debitTime > time - FIVE_MINUTES_MS), time].slice(-limit - 1)
    this.#debits.put(iban, recent, timestamp)
    return recent.length
  }
}

function euros(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  const whole = digits.slice(0, -2).replaceAll(/\B(?=(\d{3})+$)/g, '.')
  return `${cents < 0n ? '−' : ''}€ ${whole},${digits.slice(-2)}`
}
