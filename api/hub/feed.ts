import { Mailbox } from './mailbox.ts'

/** An event for the subscriber, which can resume after `id` when its connection was lost. */
export interface FeedEvent<T> {
  readonly id: string
  readonly value: T
}

/** What distinguishes one kind of feed from another. */
export interface FeedSource<I, T> {
  /** Starts filling the mailbox and returns the newest earlier items. Called before `begin`, so that no item is missed in between. */
  listen(mailbox: Mailbox<I>): { readonly recent: readonly I[]; close(): void }
  /** The current state. */
  begin(): Promise<readonly FeedEvent<T>[]>
  /** The events of an item; none if the events of `begin` already cover it. */
  follow(item: I): readonly FeedEvent<T>[] | Promise<readonly FeedEvent<T>[]>
  /** The feed ends after this event. */
  readonly isLast?: (event: FeedEvent<T>) => boolean
  /** Whether the subscriber may still read the feed; checked from time to time. */
  readonly isAllowed?: () => Promise<boolean>
}

/**
 * A subscription: the current state, then each change, without gaps or duplicates. Not an async generator, because `return()` on a
 * generator that awaits an event takes effect only after that event. For a single reader that awaits each `next()`.
 */
export class Feed<I, T> implements AsyncIterableIterator<FeedEvent<T>> {
  readonly #source: FeedSource<I, T>
  readonly #mailbox: Mailbox<I>
  #subscription: { readonly recent: readonly I[]; close(): void } | undefined
  #ready: FeedEvent<T>[] = []
  #ended = false

  constructor(source: FeedSource<I, T>, mailbox: Mailbox<I> = new Mailbox()) {
    this.#source = source
    this.#mailbox = mailbox
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<FeedEvent<T>, undefined>> {
    try {
      while (!this.#ended) {
        const event = this.#ready.shift()
        if (event !== undefined) {
          if (this.#source.isLast?.(event) === true) this.#end()
          return { done: false, value: event }
        }
        await this.#fill()
      }
      return { done: true, value: undefined }
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<FeedEvent<T>, undefined>> {
    this.#end()
    return { done: true, value: undefined }
  }

  /** Whether the subscriber may still read this feed. */
  async isAllowed(): Promise<boolean> {
    return (await this.#source.isAllowed?.()) ?? true
  }

  async #fill(): Promise<void> {
    if (this.#subscription === undefined) {
      this.#subscription = this.#source.listen(this.#mailbox)
      this.#ready.push(...(await this.#source.begin()))
      for (const item of this.#subscription.recent) this.#ready.push(...(await this.#source.follow(item)))
      return
    }
    const item = await this.#mailbox.take()
    if (item === undefined) this.#end()
    else this.#ready.push(...(await this.#source.follow(item)))
  }

  #end(): void {
    this.#ended = true
    this.#ready = []
    this.#mailbox.close()
    this.#subscription?.close()
  }
}
