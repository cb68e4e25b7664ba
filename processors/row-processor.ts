import type { KeyValueStore, Processor, ProcessorContext, Record, VersionedKeyValueStore } from '../topology/index.ts'
import type { TransactionRow } from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'

/** Turns changes of a balance into rows, numbered within the account, and keeps rows and balances for questions. */
export class RowProcessor implements Processor<string, AccountEvent, string, TransactionRow> {
  #context: ProcessorContext<string, TransactionRow> | undefined
  #heads: KeyValueStore<string, number> | undefined
  #rows: KeyValueStore<string, TransactionRow> | undefined
  #balances: VersionedKeyValueStore<string, bigint> | undefined

  init(context: ProcessorContext<string, TransactionRow>): void {
    this.#context = context
    this.#heads = context.store<KeyValueStore<string, number>>('row-heads')
    this.#rows = context.store<KeyValueStore<string, TransactionRow>>('rows')
    this.#balances = context.store<VersionedKeyValueStore<string, bigint>>('balances')
  }

  process({ key: iban, value: event, timestamp }: Record<string, AccountEvent>): void {
    if (event.type !== 'MoneyDebited' && event.type !== 'MoneyCredited' && event.type !== 'MoneyReturned') return
    const sequence = (this.#heads?.get(iban) ?? 0) + 1
    const row: TransactionRow = {
      type: 'TransactionRow',
      id: `${iban}-${event.version}`,
      iban,
      sequence,
      newBalance: event.balance,
      amount: event.amount,
      direction: event.type === 'MoneyDebited' ? 'DEBIT' : 'CREDIT',
      changedBy: event.username,
      counterparty: event.counterparty,
      description: event.description,
      time: event.time,
      transferId: event.transferId,
    }
    this.#heads?.put(iban, sequence, timestamp)
    this.#rows?.put(rowKey(iban, sequence), row, timestamp)
    this.#balances?.put(iban, event.balance, event.time)
    this.#context?.forward({ key: iban, value: row, timestamp })
  }
}

/** Rows of an account in order. */
export function rowKey(iban: string, sequence: number): string {
  return `${iban}/${String(sequence).padStart(10, '0')}`
}
