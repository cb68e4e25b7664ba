/**
 * Amounts are whole cents in a `bigint` from the wire to the screen; a floating point number never holds money here, so 1.15 is
 * 115 cents. Text is written as the bank writes it: € 1.234,56.
 */

export type ParsedAmount = { readonly cents: bigint } | { readonly problem: string }

/** Thousands in threes, by a space or an apostrophe, or by the mark that is not the decimal one. */
const PLAIN = /^(\d+|\d{1,3}(?:[ '’]\d{3})+)(?:[.,](\d{1,2}))?$/
const DUTCH = /^(\d{1,3}(?:\.\d{3})+),(\d{1,2})$/
const ENGLISH = /^(\d{1,3}(?:,\d{3})+)\.(\d{1,2})$/
const LARGEST_CENTS = 10n ** 15n

/** Reads what a person types as euros: `1,15`, `1.15`, `€ 1.234,56`, `10`. An amount that could be read in two ways is refused. */
export function parseEuro(text: string): ParsedAmount {
  const bare = text
    .replaceAll(/[\u00a0\u202f]/g, ' ')
    .replace('€', '')
    .trim()
  if (bare === '') return { problem: 'Enter an amount.' }
  if (/^[-−]/.test(bare)) return { problem: 'The amount must be more than zero.' }
  const match = PLAIN.exec(bare) ?? DUTCH.exec(bare) ?? ENGLISH.exec(bare)
  if (match === null) {
    return { problem: /^[\d.,]+$/.test(bare) ? 'Use one decimal mark with at most two digits after it.' : 'Use digits, like 12,50.' }
  }
  const cents = BigInt((match[1] ?? '').replaceAll(/\D/g, '')) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))
  if (cents === 0n) return { problem: 'The amount must be more than zero.' }
  return cents > LARGEST_CENTS ? { problem: 'The amount is above what the bank moves at once.' } : { cents }
}

/** `-50000n` → `−€ 500,00`. The space does not break. */
export function formatEuro(cents: bigint): string {
  const size = cents < 0n ? -cents : cents
  const euros = (size / 100n).toString().replaceAll(/\B(?=(\d{3})+$)/g, '.')
  return `${cents < 0n ? '−' : ''}€\u00a0${euros},${(size % 100n).toString().padStart(2, '0')}`
}

/** With the sign always there, for a change of a balance. */
export function formatChange(cents: bigint): string {
  return cents < 0n ? formatEuro(cents) : `+${formatEuro(cents)}`
}
