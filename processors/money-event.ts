import type { Direction } from '../schemas/index.ts'
import type { EventChanging } from './domain/messages.ts'

export type MoneyEvent = EventChanging<'balance'>

const DIRECTIONS: Readonly<Record<MoneyEvent['type'], Direction>> = {
  MoneyDebited: 'DEBIT',
  MoneyCredited: 'CREDIT',
  MoneyReturned: 'CREDIT',
}

export function directionOf({ type }: MoneyEvent): Direction {
  return DIRECTIONS[type]
}
