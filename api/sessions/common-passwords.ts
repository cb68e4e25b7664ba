/** The stems of the passwords that are tried first, in every list of leaked ones. */
const STEMS = [
  'password',
  'passwort',
  'passw',
  'wachtwoord',
  'welcome',
  'welkom',
  'letmein',
  'iloveyou',
  'sunshine',
  'princess',
  'football',
  'baseball',
  'basketball',
  'superman',
  'batman',
  'starwars',
  'pokemon',
  'trustno',
  'dragon',
  'monkey',
  'master',
  'shadow',
  'michael',
  'jennifer',
  'jordan',
  'charlie',
  'computer',
  'internet',
  'whatever',
  'freedom',
  'secret',
  'changeme',
  'default',
  'administrator',
  'admin',
  'guest',
  'qwerty',
  'qwertyuiop',
  'azerty',
  'asdfghjkl',
  'asdf',
  'zxcvbnm',
  'qazwsx',
  'qazwsxedc',
  'abcdefgh',
  'abcd',
  'hello',
  'summer',
  'winter',
  'spring',
  'autumn',
  'liverpool',
  'chelsea',
  'arsenal',
  'amsterdam',
  'samsung',
  'google',
  'facebook',
  'opensesame',
  'opensesam',
  'bob',
  'bank',
  'money',
  'test',
  'testing',
  'demo',
  'user',
  'login',
  'love',
  'mustang',
  'killer',
]
const SUBSTITUTES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}
const RUNS =
  '01234567890123456789 98765432109876543210 abcdefghijklmnopqrstuvwxyz zyxwvutsrqponmlkjihgfedcba qwertyuiopasdfghjklzxcvbnm 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc4rfv'

/** Whether a guesser would try it among the first: a common word with digits, a run of keys, few characters, or the name itself. */
export function isCommonPassword(password: string, name: string): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  if (new Set(text).size < 4 || RUNS.includes(text) || isRepeated(text)) return true
  const bare = text.replace(/[^\p{L}]+$/u, '')
  const words = [text, [...bare].map((character) => SUBSTITUTES[character] ?? character).join('')].map(lettersOf)
  const stems = [...STEMS, lettersOf(name.normalize('NFKC').toLowerCase())].filter((stem) => stem !== '')
  return words.some((word) => stems.some((stem) => word === stem || word === stem + stem))
}

/** Its letters, without what people put before and behind them. */
function lettersOf(text: string): string {
  return text.replaceAll(/[^\p{L}]/gu, '')
}

function isRepeated(text: string): boolean {
  return /^(.{1,4})\1+$/u.test(text)
}
