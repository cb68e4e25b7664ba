import type { AlertRaised, AlertSettings, TransactionRow } from '../schemas/index.ts'
import { Serdes, Stores, type KStream } from '../topology/index.ts'
import { AlertProcessor, type WatchedRow } from './alert-processor.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { changes, type EventChanging } from './domain/messages.ts'
import { stateSerde } from './state-serde.ts'

/** Joins the rows with the latest settings of their account, and raises alerts. */
export function projectAlerts(events: KStream<string, AccountEvent>, rows: KStream<string, TransactionRow>): KStream<string, AlertRaised> {
  const key = Serdes.string
  const settings = events
    .filter((event): event is EventChanging<'settings'> => changes(event, 'settings'), { name: 'settings-event' })
    .mapValues((event) => event.settings, { name: 'settings' })
    .toTable({ name: 'alert-settings', key, value: stateSerde<AlertSettings>() })
  return rows
    .leftJoinTable(settings, (row, found): WatchedRow => ({ row, settings: found }), { name: 'row-with-settings' })
    .processValues<AlertRaised>((context) => new AlertProcessor(context), {
      name: 'alert',
      stores: [
        Stores.keyValue({ name: 'counterparties', key, value: Serdes.double }),
        Stores.keyValue({ name: 'recent-debits', key, value: stateSerde<readonly number[]>() }),
      ],
    })
}
