import type { Clock, Random, TimerHandle, Timers } from '../../ports.ts'

interface Event {
  readonly time: number
  /** Decides among events of the same millisecond, so that each seed meets another interleaving. */
  readonly rank: number
  readonly callback: () => void
  cancelled: boolean
}

/**
 * A clock that moves only when everything runnable has run. Events of the same moment fire in an order drawn from the
 * seed; between two events every pending promise settles.
 */
export class VirtualTime implements Clock, Timers {
  readonly #random: Random
  readonly #settle: () => Promise<void>
  readonly #events = new EventHeap()
  #now: number
  #steps = 0

  /** `settle` resolves once no promise reaction is pending (a turn of the real event loop). */
  constructor(random: Random, settle: () => Promise<void>, startMs: number) {
    this.#random = random
    this.#settle = settle
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

  /** Runs events until the condition holds; false when the time limit passed or nothing is left to happen. */
  async runUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
    await this.#settle()
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
      await this.#settle()
    }
    return true
  }
}

/** A binary heap by time, then rank. */
class EventHeap {
  readonly #heap: Event[] = []

  push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !before(event, parent)) break
      heap[at] = parent
      at = above
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
