import { randomInt } from 'node:crypto'

const HALF_A_TOKEN = 10

/** Twenty decimal digits from a cryptographic generator, ten at a time because `randomInt` is limited to ranges below 2^48. */
export function newToken(): string {
  const half = (): string => String(randomInt(10 ** HALF_A_TOKEN)).padStart(HALF_A_TOKEN, '0')
  return half() + half()
}
