import { Mailbox } from './mailbox.ts'

/** What a subscriber gets: `id` is where he can go on from after a lost connection. */
export interface FeedEvent<T> {
  readonly id: string
  readonly value: T
}

/** What makes one kind of feed. */
export interface FeedPlan<I, T> {
  /** Begins to fill the mailbox; answers with what came shortly before. Called before `begin`, so that nothing falls in between. */
  listen(mailbox: Mailbox<I>): { readonly recent: readonly I[]; close(): void }
  /** What is there. */
  begin(): Promise<readonly FeedEvent<T>[]>
  /** What follows from an item, which `begin` may have told already. */
  follow(item: I): readonly FeedEvent<T>[] | Promise<readonly FeedEvent<T>[]>
  /** Nothing will come after this event. */
  readonly isLast?: (event: FeedEvent<T>) => boolean
  /** Whether the subscriber still has the right to what comes; asked now and then. */
  readonly isAllowed?: () => Promise<boolean>
}

/**
 * A subscription: what is there, then what comes, without a gap or a double. Written by hand, since `return()` on an async
 * generator that waits for an event would leave it waiting until the next one. One reader, who waits for each answer.
 */
export class Feed<I, T> implements AsyncIterableIterator<FeedEvent<T>> {
  readonly #plan: FeedPlan<I, T>
  readonly #mailbox: Mailbox<I>
  #source: { readonly recent: readonly I[]; close(): void } | undefined
  #ready: FeedEvent<T>[] = []
  #over = false

  constructor(plan: FeedPlan<I, T>, mailbox: Mailbox<I> = new Mailbox()) {
    this.#plan = plan
    this.#mailbox = mailbox
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<FeedEvent<T>, undefined>> {
    try {
      while (!this.#over) {
        const event = this.#ready.shift()
        if (event !== undefined) {
          if (this.#plan.isLast?.(event) === true) this.#end()
          return { done: false, value: event }
        }
        await this.#more()
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

  /** Whether the subscriber still has the right to be here. */
  async isAllowed(): Promise<boolean> {
    return (await this.#plan.isAllowed?.()) ?? true
  }

  async #more(): Promise<void> {
    if (this.#source === undefined) {
      this.#source = this.#plan.listen(this.#mailbox)
      this.#ready.push(...(await this.#plan.begin()))
      for (const item of this.#source.recent) this.#ready.push(...(await this.#plan.follow(item)))
      return
    }
    const item = await this.#mailbox.take()
    if (item === undefined) this.#end()
    else this.#ready.push(...(await this.#plan.follow(item)))
  }

  #end(): void {
    this.#over = true
    this.#ready = []
    this.#mailbox.close()
    this.#source?.close()
  }
}
