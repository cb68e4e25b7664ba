/** Names that people would take for the bank's own, and parties of transfers that are no users. Compared by `folded`. */
const RESERVED = [
  'bank',
  'cash',
  'clearing',
  'openweb',
  'admin',
  'administrator',
  'root',
  'system',
  'support',
  'helpdesk',
  'security',
  'staff',
]
const IBAN = /^[a-z]{2}\d{2}[a-z0-9]{8,30}$/
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
]

/** The form in which names are compared: width, case, spaces and punctuation do not distinguish them. */
export function folded(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s._@-]/gu, '')
}

/** Whether the name could pass for the bank, for a part of it, or for an account. */
export function isReserved(name: string): boolean {
  const text = folded(name)
  return (
    IBAN.test(text) ||
    RESERVED.some((reserved) => text === reserved || new RegExp(`^(the|our|official|bob)?${reserved}(team|account|s)?\\d*$`).test(text))
  )
}

/** Whether letters of scripts with look-alikes are mixed: a Cyrillic а in a Latin name looks like another name (Unicode TS 39). */
export function isMixed(name: string): boolean {
  return SCRIPTS.filter((script) => script.test(name)).length > 1
}
