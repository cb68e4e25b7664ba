import { describe, expect, it } from 'vitest'
import { Feed, type FeedEvent } from './feed.ts'
import { Mailbox, ResynchroniseError } from './mailbox.ts'

const event = (value: number): FeedEvent<number> => ({ id: String(value), value })

function numbers(options: { readonly begin: readonly number[]; readonly recent?: readonly number[]; readonly last?: number }) {
  const mailbox = new Mailbox<number>({ items: 3, bytes: 1_000 })
  let isOpen = false
  let last = 0
  const newEvents = (value: number): FeedEvent<number>[] => (value > last ? [event((last = value))] : [])
  const feed = new Feed<number, number>(
    {
      listen: () => {
        isOpen = true
        return { recent: options.recent ?? [], close: () => (isOpen = false) }
      },
      begin: async () => options.begin.flatMap(newEvents),
      follow: newEvents,
      ...(options.last === undefined ? {} : { isLast: ({ value }) => value === options.last }),
    },
    mailbox,
  )
  return { feed, mailbox, isOpen: () => isOpen }
}

const next = async (feed: Feed<number, number>): Promise<number | undefined> => (await feed.next()).value?.value

describe('A feed', () => {
  it('yields the current state, the recent items, then new items, each once', async () => {
    const { feed, mailbox } = numbers({ begin: [1, 2], recent: [2, 3] })
    expect([await next(feed), await next(feed), await next(feed)]).toEqual([1, 2, 3])
    mailbox.put(3, 1)
    mailbox.put(4, 1)
    expect(await next(feed)).toBe(4)
  })

  it('listens before it reads the current state, so that it misses no item', async () => {
    const { feed, mailbox } = numbers({ begin: [1] })
    const first = next(feed)
    mailbox.put(2, 1)
    expect([await first, await next(feed)]).toEqual([1, 2])
  })

  it('ends at once when it is returned while it waits', async () => {
    const { feed, isOpen } = numbers({ begin: [] })
    const waiting = feed.next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(isOpen()).toBe(true)
    await feed.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(isOpen()).toBe(false)
  })

  it('ends after the last event', async () => {
    const { feed, isOpen } = numbers({ begin: [1, 2, 3], last: 2 })
    expect([await next(feed), await next(feed)]).toEqual([1, 2])
    expect(isOpen()).toBe(false)
    expect((await feed.next()).done).toBe(true)
  })

  it('gives a reader that was too slow the error, then the end', async () => {
    const { feed, mailbox, isOpen } = numbers({ begin: [1] })
    await feed.next()
    for (let item = 2; item < 9; item++) mailbox.put(item, 1)
    await expect(feed.next()).rejects.toBeInstanceOf(ResynchroniseError)
    expect(isOpen()).toBe(false)
    expect((await feed.next()).done).toBe(true)
  })
})
