/** The bank’s own account. Its feed is public. */
export const COMPANY_IBAN = 'NL66OPEN0000000000'

/** Groups an IBAN in fours, as printed on paper. Any other text is returned unchanged. */
export function formatIban(text: string): string {
  return /^[A-Z]{2}\d{2}/.test(text) ? text.replaceAll(/(.{4})(?=.)/g, '$1 ') : text
}

/** Typed or pasted text in the form that the bank uses: upper case, no spaces. */
export function normaliseIban(text: string): string {
  return text.replaceAll(/\s/g, '').toUpperCase()
}

/** Whether the check digits are right, for any country (ISO 13616: the rotated number modulo 97 is 1). */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(text)) return false
  const digits = [...text.slice(4), ...text.slice(0, 4)].map((character) => parseInt(character, 36).toString()).join('')
  return BigInt(digits) % 97n === 1n
}
