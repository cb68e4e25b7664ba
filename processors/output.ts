import type { AddUserToBankAccount, TransferView, UserAccountCreated } from '../schemas/index.ts'
import type { Outcome } from './answers.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import type { StepCommand, TransferEvent } from './domain/transfer/transfer.ts'

export type BankEvent = UserAccountCreated | AccountEvent | TransferEvent

/** What the write side hands on; the topology sends each kind to its topic. */
export type Output =
  | { readonly kind: 'event'; readonly event: BankEvent }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** The answer to a step of a transfer. */
  | { readonly kind: 'step-answer'; readonly outcome: Outcome }
  | { readonly kind: 'view'; readonly view: TransferView }
  | { readonly kind: 'account-command'; readonly command: StepCommand | AddUserToBankAccount }
