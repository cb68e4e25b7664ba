import { expect, it } from 'vitest'
import { formatDuration, formatMoment } from './moments.ts'

it('A moment today is shown as a time, any other with its date', () => {
  const noon = new Date(2026, 10, 23, 12, 30, 5).getTime()
  expect(formatMoment(noon, noon)).toBe('12:30:05')
  expect(formatMoment(noon, noon + 86_400_000)).toBe('23 Nov 2026, 12:30:05')
})

it('A duration below a second is shown in milliseconds', () => {
  expect([formatDuration(0.4), formatDuration(850), formatDuration(12_400)]).toEqual(['0 ms', '850 ms', '12.4 s'])
})
