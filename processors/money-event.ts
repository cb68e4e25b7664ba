import type { MoneyCredited, MoneyDebited, MoneyReturned } from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'

/** What changes a balance. */
export type MoneyEvent = MoneyDebited | MoneyCredited | MoneyReturned

export function movesMoney(event: AccountEvent): event is MoneyEvent {
  return event.type === 'MoneyDebited' || event.type === 'MoneyCredited' || event.type === 'MoneyReturned'
}
