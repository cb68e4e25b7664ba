import type { RecordCodec, RecordSerde } from '../schemas/index.ts'
import { Serdes, type KStream } from '../topology/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { changes, eventTypesChanging, type EventChanging } from './domain/messages.ts'
import { stateSerde } from './state-serde.ts'

type OwnersEvent = EventChanging<'owners'>

/** The IBANs that each user owns, in the order in which the user became an owner. */
export function projectAccountsOfUser(events: KStream<string, AccountEvent>, codec: RecordCodec): void {
  const value: RecordSerde<OwnersEvent> = codec.serde(...eventTypesChanging('owners'))
  events
    .filter((event): event is OwnersEvent => changes(event, 'owners'), { name: 'ownership-event' })
    .groupBy((event) => event.username, { name: 'ownership-by-user', key: Serdes.string, value })
    .aggregate((): readonly string[] => [], withEvent, {
      name: 'accounts-of-user',
      key: Serdes.string,
      value: stateSerde<readonly string[]>(),
    })
}

function withEvent(ibans: readonly string[], event: OwnersEvent): readonly string[] {
  const others = ibans.filter((iban) => iban !== event.iban)
  switch (event.type) {
    case 'BankAccountCreated':
    case 'UserAddedToBankAccount':
      return [...others, event.iban]
    case 'UserRemovedFromBankAccount':
      return others
    default:
      return event satisfies never
  }
}
