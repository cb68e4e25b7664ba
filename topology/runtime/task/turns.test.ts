import { describe, expect, it } from 'vitest'
import { manualPorts } from '../../testing/manual-ports.ts'
import { TurnClock } from './turn-clock.ts'
import { Turns } from './turns.ts'

describe('20.C14 the turns of an instance’s tasks', () => {
  it('pass from task to task, with other work of the event loop in between', async () => {
    const events: string[] = []
    const { timers } = manualPorts()
    const turns = new Turns({ ...timers, yield: () => timers.yield().then(() => void events.push('event loop')) })
    const task = async (name: string): Promise<void> => {
      for (let turn = 1; turn <= 2; turn++) {
        await turns.next()
        events.push(`${name}${turn}`)
      }
    }
    await Promise.all([task('a'), task('b')])
    expect(events.filter((event) => event !== 'event loop')).toEqual(['a1', 'b1', 'a2', 'b2'])
    for (const [at, event] of events.entries()) if (event !== 'event loop') expect(events[at - 1]).toBe('event loop')
  })

  it.each([
    { recordMs: 0.001, records: [40_000, 60_000], readings: 1 / 7 },
    { recordMs: 1, records: [50, 60], readings: 1 },
    { recordMs: 10, records: [5, 6], readings: 1 },
    { recordMs: 5_000, records: [1, 1], readings: 1 },
  ])('end after 50 ms with records of $recordMs ms, and read the clock rarely where they are fast', ({ recordMs, records, readings }) => {
    let now = 0
    let read = 0
    const turn = new TurnClock({ now: () => now, monotonic: () => (read++, now) })
    const processed = (): number => {
      turn.start()
      for (let count = 1; ; count++) {
        now += recordMs
        if (turn.isOver()) return count
      }
    }
    const [least = 0, most = 0] = records
    for (let turns = 0; turns < 3; turns++) {
      read = 0
      const count = processed()
      expect(count).toBeGreaterThanOrEqual(least)
      expect(count).toBeLessThanOrEqual(most)
      expect(read).toBeLessThanOrEqual(readings * count + 8)
    }
  })

  it('are not much longer when fast records become slow', () => {
    let now = 0
    const turn = new TurnClock({ now: () => now, monotonic: () => now })
    const processed = (recordMs: number): void => {
      turn.start()
      do now += recordMs
      while (!turn.isOver())
    }
    processed(0.001)
    const from = now
    processed(20)
    expect(now - from).toBeLessThanOrEqual(160)
    const next = now
    processed(20)
    expect(now - next).toBeLessThanOrEqual(60)
  })
})
