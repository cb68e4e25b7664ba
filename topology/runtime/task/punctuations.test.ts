import { describe, expect, it } from 'vitest'
import { Punctuations } from './punctuations.ts'

const ignore = (): void => undefined

describe('20.B5 a punctuator', () => {
  it('has an interval and a start in whole milliseconds; any other is refused and schedules nothing', () => {
    const punctuations = new Punctuations()
    for (const clock of ['wall', 'stream'] as const) {
      for (const intervalMs of [NaN, Infinity, 0, -1, 1.5, 1e300, '5' as never, 5n as never])
        expect(() => punctuations.schedule({ intervalMs, clock }, ignore, 0)).toThrow(RangeError)
      for (const startMs of [NaN, Infinity, -1, 1.5, 1e300])
        expect(() => punctuations.schedule({ intervalMs: 5, clock, startMs }, ignore, 0)).toThrow(RangeError)
      expect(punctuations.nextTime(clock)).toBeUndefined()
    }
  })
})
