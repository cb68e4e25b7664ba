import { existsSync, readFileSync } from 'node:fs'

const LIMITS = '/proc/self/limits'
/** Where the limit cannot be read: what every platform gives. */
const LEAST = 1_024

/** How many files and sockets this process may have open at a time. */
export function openFileLimit(): number {
  const [, soft] = (existsSync(LIMITS) && /^Max open files\s+(\S+)/m.exec(readFileSync(LIMITS, 'utf8'))) || []
  if (soft === undefined) return LEAST
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}
