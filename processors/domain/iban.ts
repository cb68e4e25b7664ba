/** IBANs of this bank: `NL`, two check digits, `OPEN`, ten digits of which the first is 0. */
const FORM = /^NL(\d{2})OPEN(0\d{9})$/

/** Of any bank (ISO 13616): country, check digits, 11 to 30 letters and digits. */
const ANY_FORM = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/
const THIS_BANK = /^NL\d{2}OPEN/

/** The bank's own account. */
export const COMPANY_IBAN = 'NL66OPEN0000000000'

/** Counterparty of a deposit; never an account. */
export const CASH = 'cash'

/** Whether it is an account of this bank, with right check digits. */
export function isOwnIban(text: string): boolean {
  const [, check, digits] = FORM.exec(text) ?? []
  return digits !== undefined && check === checkDigits(digits)
}

/** Whether money can be sent there: to an account of this bank, or to what another bank may know as one. */
export function isAddressable(text: string): boolean {
  return isOwnIban(text) || (ANY_FORM.test(text) && !THIS_BANK.test(text))
}

/** The IBAN of that account number: a whole number below 10^9. */
export function ownIban(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0 || number >= 1e9)
    throw new RangeError(`Account number ${number}: 0 to 999,999,999 expected`)
  const digits = String(number).padStart(10, '0')
  return `NL${checkDigits(digits)}OPEN${digits}`
}

/** 98 minus the remainder of bank code, digits and country code by 97. */
function checkDigits(digits: string): string {
  const remainder = BigInt(`24251423${digits}232100`) % 97n
  return String(98n - remainder).padStart(2, '0')
}
