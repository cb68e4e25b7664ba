const CLOCK = new Intl.DateTimeFormat('nl-NL', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** The time of day; preceded by the date unless it is today. */
export function formatMoment(time: number, now: number = Date.now()): string {
  const day = DAY.format(time)
  return day === DAY.format(now) ? CLOCK.format(time) : `${day}, ${CLOCK.format(time)}`
}

/** `850` → `850 ms`, `12 400` → `12.4 s`. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
