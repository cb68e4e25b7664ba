import type { NamedTransferView } from '../../processors/index.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface TransferFeedOptions {
  readonly reader: BankReader
  readonly channel: Channel<NamedTransferView>
  readonly id: string
  /** A transfer that the subscriber may not see yields no events, like one that does not exist yet. */
  isVisible(transfer: NamedTransferView): Promise<boolean>
}

/** One transfer after each of its steps, until it has ended. */
export function transferFeed({ reader, channel, id, isVisible }: TransferFeedOptions): Feed<NamedTransferView, NamedTransferView> {
  let progress = -1

  async function eventsOf(transfer: NamedTransferView | undefined): Promise<FeedEvent<NamedTransferView>[]> {
    if (transfer === undefined || progressOf(transfer) <= progress || !(await isVisible(transfer))) return []
    progress = progressOf(transfer)
    return [{ id: `${id}/${progress}`, value: transfer }]
  }

  return new Feed<NamedTransferView, NamedTransferView>({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(id, ({ value, bytes }) => mailbox.put(value, bytes))
      return { recent: recent.map(({ value }) => value), close }
    },
    begin: async () => eventsOf(await reader.transfer(id)),
    follow: eventsOf,
    isLast: ({ value }) => value.state === 'COMPLETED' || value.state === 'FAILED',
  })
}

/** Grows with each step. Store and topic can deliver the same step, in either order. */
function progressOf({ state, steps }: NamedTransferView): number {
  return 2 * steps.length + (state === 'PENDING' ? 0 : 1)
}
