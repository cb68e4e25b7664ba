/** Amounts are whole cents in a `bigint` from the wire to the screen; a floating-point number never holds money. */
export type ParsedAmount = { readonly cents: bigint } | { readonly problem: string }

/** Thousands are separated by a space or an apostrophe; `DUTCH` and `ENGLISH` also allow the mark that is not the decimal one. */
const PLAIN = /^(\d+|\d{1,3}(?:[ '’]\d{3})+)(?:[.,](\d{1,2}))?$/
const DUTCH = /^(\d{1,3}(?:\.\d{3})+),(\d{1,2})$/
const ENGLISH = /^(\d{1,3}(?:,\d{3})+)\.(\d{1,2})$/
const LARGEST_CENTS = 10n ** 15n

/** Parses typed euros: `1,15`, `1.15`, `€ 1.234,56`, `10`. Refuses an ambiguous amount such as `1.234`. */
export function parseEuro(text: string): ParsedAmount {
  const trimmed = text
    .replaceAll(/[\u00a0\u202f]/g, ' ')
    .replace('€', '')
    .trim()
  if (trimmed === '') return { problem: 'Enter an amount.' }
  if (/^[-−]/.test(trimmed)) return { problem: 'The amount must be more than zero.' }
  const match = PLAIN.exec(trimmed) ?? DUTCH.exec(trimmed) ?? ENGLISH.exec(trimmed)
  if (match === null) {
    return {
      problem: /^[\d.,]+$/.test(trimmed) ? 'Use one decimal separator with at most two digits after it.' : 'Use digits, like 12,50.',
    }
  }
  const cents = BigInt((match[1] ?? '').replaceAll(/\D/g, '')) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))
  if (cents === 0n) return { problem: 'The amount must be more than zero.' }
  return cents > LARGEST_CENTS ? { problem: 'That is more than the bank moves in one transfer.' } : { cents }
}

/** `-50000n` → `−€ 500,00`, with a non-breaking space. */
export function formatEuro(cents: bigint): string {
  const size = cents < 0n ? -cents : cents
  const euros = (size / 100n).toString().replaceAll(/\B(?=(\d{3})+$)/g, '.')
  return `${cents < 0n ? '−' : ''}€\u00a0${euros},${(size % 100n).toString().padStart(2, '0')}`
}

/** As `formatEuro`, but always signed: for a change of balance. */
export function formatChange(cents: bigint): string {
  return cents < 0n ? formatEuro(cents) : `+${formatEuro(cents)}`
}
