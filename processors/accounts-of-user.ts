import type { BankAccountCreated, RecordSerde, UserAddedToBankAccount, UserRemovedFromBankAccount } from '../schemas/index.ts'
import { Serdes, type KStream } from '../topology/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { stateSerde } from './state-serde.ts'

export type OwnershipEvent = BankAccountCreated | UserAddedToBankAccount | UserRemovedFromBankAccount

/** The IBANs that each user owns, in the order in which he came to them. */
export function drawAccountsOfUser(events: KStream<string, AccountEvent>, value: RecordSerde<OwnershipEvent>): void {
  events
    .filter((event): event is OwnershipEvent => /^(BankAccountCreated|User(AddedTo|RemovedFrom)BankAccount)$/.test(event.type), {
      name: 'ownership-event',
    })
    .groupBy((event) => event.username, { name: 'ownership-by-user', key: Serdes.string, value })
    .aggregate((): readonly string[] => [], withOwnership, {
      name: 'accounts-of-user',
      key: Serdes.string,
      value: stateSerde<readonly string[]>(),
    })
}

function withOwnership(ibans: readonly string[], { type, iban }: OwnershipEvent): readonly string[] {
  const others = ibans.filter((one) => one !== iban)
  return type === 'UserRemovedFromBankAccount' ? others : [...others, iban]
}
