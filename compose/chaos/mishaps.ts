/** A fault that the chaos run injects into a bank of several processes. */
export type Mishap = 'kill' | 'kill-and-stay-away' | 'crash-point' | 'pause' | 'stop' | 'add-instance' | 'drop-answers' | 'broker-kill'

/** Relative frequency of each kind. A crash point counts as two kills. */
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

const ALL = Object.keys(SHARES) as readonly Mishap[]

export function isMishap(name: string): name is Mishap {
  return name in SHARES
}

/** Each of the mishaps, all of them by default, as often as its share, so that a uniform choice has the right odds. */
export function mishapsOf(wanted: readonly Mishap[] = ALL): readonly [Mishap, ...Mishap[]] {
  const [first = 'kill', ...others] = wanted.flatMap((mishap) => Array.from({ length: SHARES[mishap] }, () => mishap))
  return [first, ...others]
}
