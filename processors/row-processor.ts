import type { KeyValueStore, Processor, ProcessorContext, Record, VersionedKeyValueStore } from '../topology/index.ts'
import type { TransactionRow } from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { changes } from './domain/messages.ts'
import { directionOf } from './money-event.ts'

/** Turns each change of a balance into a row, numbered within the account, and keeps rows and balances for queries. */
export class RowProcessor implements Processor<string, AccountEvent, string, TransactionRow> {
  readonly #context: ProcessorContext<string, TransactionRow>
  readonly #last: KeyValueStore<string, TransactionRow>
  readonly #rows: KeyValueStore<string, TransactionRow>
  readonly #balances: VersionedKeyValueStore<string, bigint>

  constructor(context: ProcessorContext<string, TransactionRow>) {
    this.#context = context
    this.#last = context.store('last-rows')
    this.#rows = context.store('rows')
    this.#balances = context.store('balances')
  }

  process({ key: iban, value: event, timestamp }: Record<string, AccountEvent>): void {
    if (!changes(event, 'balance')) return
    const row: TransactionRow = {
      type: 'TransactionRow',
      id: `${iban}-${event.version}`,
      iban,
      sequence: (this.#last.get(iban)?.sequence ?? 0) + 1,
      newBalance: event.balance,
      amount: event.amount,
      direction: directionOf(event),
      changedBy: event.username,
      counterparty: event.counterparty,
      description: event.description,
      time: event.time,
      transferId: event.transferId,
    }
    this.#last.put(iban, row, timestamp)
    this.#rows.put(rowKey(iban, event.version), row, timestamp)
    this.#balances.put(iban, event.balance, event.time)
    this.#context.forward({ key: iban, value: row, timestamp })
  }
}

/** Sorts the rows of an account by the version of their event (DECISIONS 25). */
export function rowKey(iban: string, version: number): string {
  return `${iban}/${String(version).padStart(10, '0')}`
}
