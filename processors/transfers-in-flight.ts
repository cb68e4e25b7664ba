import type { RecordSerde, TransferStarted } from '../schemas/index.ts'
import { joinWindow, Serdes, type KStream } from '../topology/index.ts'
import type { TransferEvent } from './domain/transfer/transfer.ts'

type TransferEnded = Exclude<TransferEvent, TransferStarted>

/** By when a transfer should have ended. */
const EXPECTED_WITHIN_MS = 30_000

/**
 * Transfers whose end did not come in time: starts that found no end within the window. The end may come later; who asks looks whether it
 * has.
 */
export function drawTransfersInFlight(
  events: KStream<string, TransferEvent>,
  serdes: { readonly started: RecordSerde<TransferStarted>; readonly ended: RecordSerde<TransferEnded> },
): void {
  const started = events.filter((event): event is TransferStarted => event.type === 'TransferStarted', { name: 'transfer-started' })
  const ended = events.filter((event): event is TransferEnded => event.type !== 'TransferStarted', { name: 'transfer-ended' })
  started
    .leftJoin(ended, (start, end) => (end === null ? start.transferId : null), {
      name: 'transfers-in-flight',
      window: joinWindow({ beforeMs: 0, afterMs: EXPECTED_WITHIN_MS, graceMs: 0 }),
      key: Serdes.string,
      left: serdes.started,
      right: serdes.ended,
    })
    .filter((late): late is string => late !== null, { name: 'transfer-late' })
    .toTable({ name: 'late-transfers', key: Serdes.string, value: Serdes.string })
}
