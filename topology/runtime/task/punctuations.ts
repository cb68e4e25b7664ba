import { invalidTimestamp, isTimestamp } from '../../../state/index.ts'
import type { Cancellable, PunctuationOptions, Punctuator } from '../../processor.ts'

interface Punctuation extends PunctuationOptions {
  readonly punctuate: Punctuator
  next: number
  cancelled: boolean
}

/** A task's punctuators. One that missed several of its times fires once, as in Kafka Streams. */
export class Punctuations {
  #scheduled: Punctuation[] = []

  schedule(options: PunctuationOptions, punctuate: Punctuator, now: number): Cancellable {
    const { intervalMs, startMs } = options
    if (!isTimestamp(intervalMs) || intervalMs === 0)
      throw new RangeError(
        `Cannot schedule a punctuator every ${intervalMs} ms: the interval must be a whole number of milliseconds, 1 or greater.`,
      )
    if (startMs !== undefined && !isTimestamp(startMs)) throw invalidTimestamp(startMs, 'The start of a punctuator')
    const next = startMs ?? (options.clock === 'wall' ? now + intervalMs : 0)
    const punctuation: Punctuation = { ...options, punctuate, next, cancelled: false }
    this.#scheduled.push(punctuation)
    return {
      cancel: () => {
        punctuation.cancelled = true
        this.#scheduled = this.#scheduled.filter((other) => other !== punctuation)
      },
    }
  }

  /** When the next punctuator of the clock is due; undefined when none is scheduled. */
  nextTime(clock: 'stream' | 'wall'): number | undefined {
    let next: number | undefined
    for (const punctuation of this.#scheduled) {
      if (punctuation.clock === clock && (next === undefined || punctuation.next < next)) next = punctuation.next
    }
    return next
  }

  /** Fires the punctuators that are due, one after the other. */
  async fire(clock: 'stream' | 'wall', time: number): Promise<void> {
    for (const punctuation of this.#scheduled.filter((candidate) => candidate.clock === clock && candidate.next <= time)) {
      if (punctuation.cancelled) continue
      await punctuation.punctuate(time)
      const missed = Math.floor((time - punctuation.next) / punctuation.intervalMs)
      punctuation.next += (missed + 1) * punctuation.intervalMs
    }
  }
}
