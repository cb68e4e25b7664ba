import type { KeyValueStore, Processor, ProcessorContext, Record, VersionedKeyValueStore } from '../topology/index.ts'
import type { TransactionRow } from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { movesMoney } from './money-event.ts'

/** Turns changes of a balance into rows, numbered within the account, and keeps rows and balances for questions. */
export class RowProcessor implements Processor<string, AccountEvent, string, TransactionRow> {
  #context: ProcessorContext<string, TransactionRow> | undefined
  #last: KeyValueStore<string, TransactionRow> | undefined
  #rows: KeyValueStore<string, TransactionRow> | undefined
  #balances: VersionedKeyValueStore<string, bigint> | undefined

  init(context: ProcessorContext<string, TransactionRow>): void {
    this.#context = context
    this.#last = context.store<KeyValueStore<string, TransactionRow>>('last-rows')
    this.#rows = context.store<KeyValueStore<string, TransactionRow>>('rows')
    this.#balances = context.store<VersionedKeyValueStore<string, bigint>>('balances')
  }

  process({ key: iban, value: event, timestamp }: Record<string, AccountEvent>): void {
    if (!movesMoney(event)) return
    const row: TransactionRow = {
      type: 'TransactionRow',
      id: `${iban}-${event.version}`,
      iban,
      sequence: (this.#last?.get(iban)?.sequence ?? 0) + 1,
      newBalance: event.balance,
      amount: event.amount,
      direction: event.type === 'MoneyDebited' ? 'DEBIT' : 'CREDIT',
      changedBy: event.username,
      counterparty: event.counterparty,
      description: event.description,
      time: event.time,
      transferId: event.transferId,
    }
    this.#last?.put(iban, row, timestamp)
    this.#rows?.put(rowKey(iban, event.version), row, timestamp)
    this.#balances?.put(iban, event.balance, event.time)
    this.#context?.forward({ key: iban, value: row, timestamp })
  }
}

/** Rows of an account in order: by the version of the account that they come from. */
export function rowKey(iban: string, version: number): string {
  return `${iban}/${String(version).padStart(10, '0')}`
}
