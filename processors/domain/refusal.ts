/** A command refused by a business rule: an outcome, not an error. */
export interface Refusal {
  readonly kind: 'refusal'
  /** Stable, for programs. */
  readonly code: string
  /** For people. */
  readonly reason: string
}

function refuse(code: string, reason: string): Refusal {
  return { kind: 'refusal', code, reason }
}

export const IBAN_NOT_KNOWN = refuse('iban-not-known', 'iban not known')
export const NO_OWNER = refuse('no-owner', 'user is no owner of bank account')
export const TOKEN_NOT_VALID = refuse('token-not-valid', 'token is not valid')
export const INSUFFICIENT_FUNDS = refuse('insufficient-funds', 'insufficient funds, would be below the limit of −€ 500,00')
export const USER_EXISTS = refuse('user-exists', 'user already exists')
export const USER_TO_ADD_UNKNOWN = refuse('user-to-add-unknown', 'user to add does not exist')
export const INVALID_OPEN_IBAN = refuse('invalid-open-iban', 'invalid open iban')
export const IBAN_EXISTS = refuse('iban-exists', 'iban already exists')
export const ALREADY_OWNER = refuse('already-owner', 'user to add is already owner')
export const LAST_USER_WITH_BALANCE = refuse('last-user-with-balance', 'last user and balance is not zero')
export const BAD_SETTINGS = refuse('bad-settings', 'bad settings')
export const BAD_AMOUNT = refuse('bad-amount', 'amount must be above zero and at most € 10.000.000.000.000,00')
export const TOO_MUCH_CASH = refuse('too-much-cash', 'no more cash than € 1.000,00 at once and € 5.000,00 a day is taken')
export const STUCK = refuse('stuck', 'the money could not be returned: the staff of the bank will handle it')
export const SAME_ACCOUNT = refuse('same-account', "from and to can't be same for transfer")
export const FROM_INVALID = refuse('from-invalid', 'from is invalid')
export const TO_INVALID = refuse('to-invalid', 'to is invalid')
export const BAD_DESCRIPTION = refuse('bad-description', 'description must have 1 to 140 characters')
export const UNPRINTABLE_DESCRIPTION = refuse(
  'unprintable-description',
  'description must not contain control, directional or invisible characters',
)
export const EXPIRED = refuse('expired', 'the command was read after its deadline')
export const OTHER_VERSION = refuse('other-version', 'the aggregate is not at the expected version')
