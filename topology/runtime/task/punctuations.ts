import type { Cancellable, PunctuationOptions, Punctuator } from '../../processor.ts'

interface Punctuation extends PunctuationOptions {
  readonly punctuate: Punctuator
  next: number
  cancelled: boolean
}

/** What a task has scheduled. A punctuation that missed several of its times fires once, as in Kafka Streams. */
export class Punctuations {
  #scheduled: Punctuation[] = []

  schedule(options: PunctuationOptions, punctuate: Punctuator, now: number): Cancellable {
    if (!(options.intervalMs > 0)) throw new RangeError(`A punctuation every ${options.intervalMs} ms: a positive interval expected`)
    const next = options.startMs ?? (options.clock === 'wall' ? now + options.intervalMs : 0)
    const punctuation: Punctuation = { ...options, punctuate, next, cancelled: false }
    this.#scheduled.push(punctuation)
    return {
      cancel: () => {
        punctuation.cancelled = true
        this.#scheduled = this.#scheduled.filter((other) => other !== punctuation)
      },
    }
  }

  /** The next time of that clock at which something is due; undefined: never. */
  nextTime(clock: 'stream' | 'wall'): number | undefined {
    let next: number | undefined
    for (const punctuation of this.#scheduled) {
      if (punctuation.clock === clock && (next === undefined || punctuation.next < next)) next = punctuation.next
    }
    return next
  }

  /** Fires what is due; awaits each before the next. */
  async fire(clock: 'stream' | 'wall', time: number): Promise<void> {
    for (const punctuation of this.#scheduled.filter((one) => one.clock === clock && one.next <= time)) {
      if (punctuation.cancelled) continue
      await punctuation.punctuate(time)
      const missed = Math.floor((time - punctuation.next) / punctuation.intervalMs)
      punctuation.next += (missed + 1) * punctuation.intervalMs
    }
  }
}
