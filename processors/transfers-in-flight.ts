import type { RecordCodec, RecordSerde, TransferStarted } from '../schemas/index.ts'
import { joinWindow, Serdes, type KStream } from '../topology/index.ts'
import { eventTypesOf } from './domain/messages.ts'
import type { TransferEvent } from './domain/transfer/transfer.ts'

/** Whether an event ends its transfer. */
const ENDS = { TransferStarted: false, TransferCompleted: true, TransferFailed: true } as const satisfies Readonly<
  Record<TransferEvent['type'], boolean>
>
type EndType = { [Type in keyof typeof ENDS]: (typeof ENDS)[Type] extends true ? Type : never }[keyof typeof ENDS]
type TransferEnded = Extract<TransferEvent, { readonly type: EndType }>

/** How long a transfer normally takes at most. */
const EXPECTED_WITHIN_MS = 30_000

/** Transfers that did not end within the window. They may have ended since, so a query has to check their state. */
export function projectTransfersInFlight(events: KStream<string, TransferEvent>, codec: RecordCodec): void {
  const right: RecordSerde<TransferEnded> = codec.serde(...eventTypesOf('transfer').filter(isEnd))
  const started = events.filter((event): event is TransferStarted => event.type === 'TransferStarted', { name: 'transfer-started' })
  const ended = events.filter((event): event is TransferEnded => isEnd(event.type), { name: 'transfer-ended' })
  started
    .leftJoin(ended, (start, end) => (end === null ? start.transferId : null), {
      name: 'transfers-in-flight',
      window: joinWindow({ beforeMs: 0, afterMs: EXPECTED_WITHIN_MS, graceMs: 0 }),
      key: Serdes.string,
      left: codec.serde('TransferStarted'),
      right,
    })
    .filter((late): late is string => late !== null, { name: 'transfer-late' })
    .toTable({ name: 'late-transfers', key: Serdes.string, value: Serdes.string })
}

function isEnd(type: TransferEvent['type']): type is EndType {
  return ENDS[type]
}
