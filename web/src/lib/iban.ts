/** The account the bank itself holds; its feed is public. */
export const COMPANY_IBAN = 'NL66OPEN0000000000'

/** In fours, as printed on paper; anything that is no IBAN stays as it is. */
export function formatIban(text: string): string {
  return /^[A-Z]{2}\d{2}/.test(text) ? text.replaceAll(/(.{4})(?=.)/g, '$1 ') : text
}

/** What a person typed or pasted, as the bank writes it: capitals, no spaces. */
export function normaliseIban(text: string): string {
  return text.replaceAll(/\s/g, '').toUpperCase()
}

/** Whether the check digits are right (ISO 13616: the rotated number leaves 1 when divided by 97). Any country's will do. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(text)) return false
  const digits = [...text.slice(4), ...text.slice(0, 4)].map((character) => parseInt(character, 36).toString()).join('')
  return BigInt(digits) % 97n === 1n
}
