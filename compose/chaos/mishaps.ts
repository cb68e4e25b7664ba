/** What befalls a bank in processes of its own. */
export type Mishap = 'kill' | 'kill-and-stay-away' | 'crash-point' | 'pause' | 'stop' | 'add-instance' | 'drop-answers' | 'broker-kill'

/** Of so many, how many are of each kind. A crash point is two kills. */
const SHARES: Readonly<Record<Mishap, number>> = {
  kill: 14,
  'kill-and-stay-away': 1,
  'crash-point': 14,
  pause: 1,
  stop: 1,
  'add-instance': 1,
  'drop-answers': 2,
  'broker-kill': 1,
}

/** One of these at random has the shares' odds. */
export const MISHAPS: readonly [Mishap, ...Mishap[]] = [
  'kill',
  ...Object.entries(SHARES)
    .flatMap(([mishap, share]) => Array.from({ length: share }, () => mishap as Mishap))
    .slice(1),
]
