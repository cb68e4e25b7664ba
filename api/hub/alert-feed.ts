import type { AlertRaised } from '../../schemas/index.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface AlertFeedOptions {
  readonly channel: Channel<AlertRaised>
  /** Id of the last alert that the subscriber has. */
  readonly after: string | undefined
  /** Asked for each alert: accounts come and go while the feed lasts. */
  isVisible(iban: string): Promise<boolean>
}

/** Alerts of the accounts that the subscriber may see, beginning with those of the last day. */
export function alertFeed({ channel, after, isVisible }: AlertFeedOptions): Feed<AlertRaised, AlertRaised> {
  const tell = async (alert: AlertRaised): Promise<FeedEvent<AlertRaised>[]> =>
    (await isVisible(alert.iban)) ? [{ id: alert.id, value: alert }] : []
  return new Feed({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(undefined, ({ value, bytes }) => mailbox.put(value, bytes))
      const known = recent.findIndex(({ value }) => value.id === after)
      return { recent: recent.slice(known + 1).map(({ value }) => value), close }
    },
    begin: async () => [],
    follow: tell,
  })
}
