import type { Clock, Random, TimerHandle, Timers } from '../../ports.ts'

interface Event {
  readonly time: number
  /** Random order among events of the same time, so that each seed gets a different interleaving. */
  readonly rank: number
  readonly callback: () => void
  cancelled: boolean
}

/**
 * A clock that advances only when no promise reaction is pending. Events of the same time fire in an order that is derived from the
 * seed.
 */
export class VirtualTime implements Clock, Timers {
  readonly #random: Random
  readonly #runReactions: () => Promise<void>
  readonly #events = new EventHeap()
  #now: number
  #steps = 0

  /** `runReactions` resolves when no promise reaction is pending. */
  constructor(random: Random, runReactions: () => Promise<void>, startMs: number) {
    this.#random = random
    this.#runReactions = runReactions
    this.#now = startMs
  }

  get steps(): number {
    return this.#steps
  }

  now(): number {
    return Math.floor(this.#now)
  }

  monotonic(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const event: Event = { time: this.#now + Math.max(0, delayMs), rank: this.#random.next(), callback, cancelled: false }
    this.#events.push(event)
    return {
      cancel: () => {
        event.cancelled = true
      },
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        timer.cancel()
        reject(signal?.reason)
      }
      const timer = this.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, delayMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  yield(): Promise<void> {
    return this.sleep(0)
  }

  /** Runs events until the condition holds. Resolves with false if the time limit has passed or no event is left. */
  async runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    await this.#runReactions()
    while (!condition()) {
      const event = this.#events.pop()
      if (event?.cancelled) continue
      if (event === undefined || event.time > limitMs) {
        if (event !== undefined) this.#events.push(event)
        this.#now = limitMs
        return false
      }
      this.#now = event.time
      this.#steps++
      event.callback()
      await this.#runReactions()
    }
    return true
  }
}

/** A binary heap, ordered by time, then rank. */
class EventHeap {
  readonly #heap: Event[] = []

  push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || !before(event, parent)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = event
  }

  pop(): Event | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      const left = heap[child]
      if (left === undefined) break
      const right = heap[child + 1]
      if (right !== undefined && before(right, left)) child++
      const least = right !== undefined && before(right, left) ? right : left
      if (!before(least, last)) break
      heap[at] = least
      at = child
    }
    heap[at] = last
    return top
  }
}

function before(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.rank < b.rank)
}
