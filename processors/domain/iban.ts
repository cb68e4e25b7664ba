/** IBANs of this bank: `NL`, two check digits, `OPEN`, ten digits of which the first is 0. */
const FORM = /^NL(\d{2})OPEN(0\d{9})$/

/** IBANs of any bank (ISO 13616): country, check digits, 11 to 30 letters and digits. */
const ANY_FORM = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/
const THIS_BANK = /^NL\d{2}OPEN/

/** The bank's own account. */
export const COMPANY_IBAN = 'NL66OPEN0000000000'

/** Counterparty of a deposit (DECISIONS 27); never an account. */
export const CASH = 'cash'

/** Whether the text is an IBAN of this bank with valid check digits. */
export function isOwnIban(text: string): boolean {
  const [, check, digits] = FORM.exec(text) ?? []
  return digits !== undefined && check === checkDigits(digits)
}

/** Whether money can be sent to it: a valid IBAN of this bank, or the form of an IBAN of another bank (DECISIONS 41). */
export function isAddressable(text: string): boolean {
  return isOwnIban(text) || (ANY_FORM.test(text) && !THIS_BANK.test(text))
}

/** The IBAN of an account number, which must be a whole number below 10^9. */
export function ownIban(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0 || number >= 1e9)
    throw new RangeError(`Account number ${number} is not a whole number from 0 to 999,999,999`)
  const digits = String(number).padStart(10, '0')
  return `NL${checkDigits(digits)}OPEN${digits}`
}

/** ISO 7064 MOD 97-10 over bank code, digits and country code: 98 minus the remainder. */
function checkDigits(digits: string): string {
  const remainder = BigInt(`24251423${digits}232100`) % 97n
  return String(98n - remainder).padStart(2, '0')
}
