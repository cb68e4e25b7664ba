import type { AlertRaised } from '../../schemas/index.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface AlertFeedOptions {
  readonly channel: Channel<AlertRaised>
  /** Id of the last alert that the subscriber has. */
  readonly after: string | undefined
  /** Called for each alert, because ownership of accounts can change while the feed is open. */
  isVisible(iban: string): Promise<boolean>
}

/** The last day's alerts of the accounts that the subscriber may see, then each new one. */
export function alertFeed({ channel, after, isVisible }: AlertFeedOptions): Feed<AlertRaised, AlertRaised> {
  const eventsOf = async (alert: AlertRaised): Promise<FeedEvent<AlertRaised>[]> =>
    (await isVisible(alert.iban)) ? [{ id: alert.id, value: alert }] : []
  return new Feed({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(undefined, ({ value, bytes }) => mailbox.put(value, bytes))
      const lastSeen = recent.findIndex(({ value }) => value.id === after)
      return { recent: recent.slice(lastSeen + 1).map(({ value }) => value), close }
    },
    begin: async () => [],
    follow: eventsOf,
  })
}
