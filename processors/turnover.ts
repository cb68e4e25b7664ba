import { hopping, Serdes, tumbling, type KStream } from '../topology/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { changes } from './domain/messages.ts'
import { directionOf, type MoneyEvent } from './money-event.ts'
import { stateSerde } from './state-serde.ts'

/** Sums of an account's debits and credits within a window, in cents. */
export interface Turnover {
  readonly debits: bigint
  readonly credits: bigint
  readonly count: number
}

export const NO_TURNOVER: Turnover = { debits: 0n, credits: 0n, count: 0 }
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Windows of a minute overlap by half, so that a peak is not split between two; days are summed from the hourly windows (DECISIONS 26). */
export function projectTurnover(events: KStream<string, AccountEvent>): void {
  const byAccount = events.filter((event): event is MoneyEvent => changes(event, 'balance'), { name: 'money-event' }).groupByKey()
  const serdes = { key: Serdes.string, value: stateSerde<Turnover>() }
  byAccount
    .windowedBy(hopping({ sizeMs: MINUTE_MS, advanceMs: MINUTE_MS / 2, graceMs: 10 * MINUTE_MS }))
    .aggregate(() => NO_TURNOVER, withEvent, { name: 'turnover-by-minute', ...serdes, retentionMs: DAY_MS })
  byAccount
    .windowedBy(tumbling({ sizeMs: HOUR_MS, graceMs: HOUR_MS }))
    .aggregate(() => NO_TURNOVER, withEvent, { name: 'turnover-by-hour', ...serdes, retentionMs: 400 * DAY_MS })
}

export function sumOf(left: Turnover, right: Turnover): Turnover {
  return { debits: left.debits + right.debits, credits: left.credits + right.credits, count: left.count + right.count }
}

function withEvent(turnover: Turnover, event: MoneyEvent): Turnover {
  const isDebit = directionOf(event) === 'DEBIT'
  return sumOf(turnover, { debits: isDebit ? event.amount : 0n, credits: isDebit ? 0n : event.amount, count: 1 })
}
