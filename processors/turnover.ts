import { hopping, Serdes, tumbling, type KStream } from '../topology/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { movesMoney, type MoneyEvent } from './money-event.ts'
import { stateSerde } from './state-serde.ts'

/** What went out of an account and came in within a window, in cents. */
export interface Turnover {
  readonly debits: bigint
  readonly credits: bigint
  readonly count: number
}

export const NO_TURNOVER: Turnover = { debits: 0n, credits: 0n, count: 0 }
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Minutes overlap, one beginning every half of it, so that a peak is not cut in two; hours lie side by side, and days are made of them. */
export function drawTurnover(events: KStream<string, AccountEvent>): void {
  const byAccount = events.filter(movesMoney, { name: 'money-event' }).groupByKey()
  const serdes = { key: Serdes.string, value: stateSerde<Turnover>() }
  byAccount
    .windowedBy(hopping({ sizeMs: MINUTE_MS, advanceMs: MINUTE_MS / 2, graceMs: 10 * MINUTE_MS }))
    .aggregate(() => NO_TURNOVER, withEvent, { name: 'turnover-by-minute', ...serdes, retentionMs: DAY_MS })
  byAccount
    .windowedBy(tumbling({ sizeMs: HOUR_MS, graceMs: HOUR_MS }))
    .aggregate(() => NO_TURNOVER, withEvent, { name: 'turnover-by-hour', ...serdes, retentionMs: 400 * DAY_MS })
}

export function sumOf(one: Turnover, other: Turnover): Turnover {
  return { debits: one.debits + other.debits, credits: one.credits + other.credits, count: one.count + other.count }
}

function withEvent(turnover: Turnover, { type, amount }: MoneyEvent): Turnover {
  return sumOf(turnover, { debits: type === 'MoneyDebited' ? amount : 0n, credits: type === 'MoneyDebited' ? 0n : amount, count: 1 })
}
