import type { AlertRaised, AlertSettings, AlertSettingsUpdated, TransactionRow } from '../schemas/index.ts'
import { Serdes, Stores, type KStream } from '../topology/index.ts'
import { AlertProcessor, type WatchedRow } from './alert-processor.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { stateSerde } from './state-serde.ts'

/** Rows joined with the latest settings of their account. */
export function drawAlerts(events: KStream<string, AccountEvent>, rows: KStream<string, TransactionRow>): KStream<string, AlertRaised> {
  const key = Serdes.string
  const settings = events
    .filter((event): event is AlertSettingsUpdated => event.type === 'AlertSettingsUpdated', { name: 'settings-event' })
    .mapValues((event) => event.settings, { name: 'settings' })
    .toTable({ name: 'alert-settings', key, value: stateSerde<AlertSettings>() })
  return rows
    .leftJoinTable(settings, (row, found): WatchedRow => ({ row, settings: found }), { name: 'row-with-settings' })
    .processValues<AlertRaised>(() => new AlertProcessor(), {
      name: 'alert',
      stores: [
        Stores.keyValue({ name: 'counterparties', key, value: Serdes.double }),
        Stores.keyValue({ name: 'recent-debits', key, value: stateSerde<readonly number[]>() }),
      ],
    })
}
