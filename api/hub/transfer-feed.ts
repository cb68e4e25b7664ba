import type { BankReader, TransferDetails } from '../ports/bank-reader.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface TransferFeedOptions {
  readonly reader: BankReader
  readonly channel: Channel<TransferDetails>
  readonly id: string
  /** A transfer that is not there yet and one of strangers look the same: nothing comes. */
  isVisible(transfer: TransferDetails): Promise<boolean>
}

/** One transfer, each time it gets further, until it has ended. */
export function transferFeed({ reader, channel, id, isVisible }: TransferFeedOptions): Feed<TransferDetails, TransferDetails> {
  let told = -1

  async function tell(transfer: TransferDetails | undefined): Promise<FeedEvent<TransferDetails>[]> {
    if (transfer === undefined || progressOf(transfer) <= told || !(await isVisible(transfer))) return []
    told = progressOf(transfer)
    return [{ id: `${id}/${told}`, value: transfer }]
  }

  return new Feed<TransferDetails, TransferDetails>({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(id, ({ value, bytes }) => mailbox.put(value, bytes))
      return { recent: recent.map(({ value }) => value), close }
    },
    begin: async () => tell(await reader.transfer(id)),
    follow: tell,
    isLast: ({ value }) => value.state === 'COMPLETED' || value.state === 'FAILED',
  })
}

/** Grows with each step: the store and the topic may tell the same step, in any order. */
function progressOf({ state, steps }: TransferDetails): number {
  return 2 * steps.length + (state === 'PENDING' ? 0 : 1)
}
