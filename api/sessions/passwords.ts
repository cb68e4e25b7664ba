import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** scrypt's parameters. The default takes 32 MiB and about 200 ms per password, which makes guessing expensive. */
export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Too many passwords are waiting to be checked: retry later. */
export class BusyError extends Error {
  readonly code = 'BUSY'

  constructor() {
    super('Too many people are signing in at the moment: try again in a few seconds.')
  }
}

const PASSWORD_COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
/** Stored instead of a hash for a user that cannot sign in; no password matches it. */
export const NO_PASSWORD = '!'

const KEY_BYTES = 32
const SALT_BYTES = 16
const MAX_RUNNING = 2
const MAX_WAITING = 64

/**
 * Hashes and verifies passwords, two at a time, so that a burst of sign-ins takes neither all memory nor all threads. Throws `BusyError`
 * when too many are waiting. A hash names its cost, so that the cost can be raised: `scrypt$N$r$p$salt$key`.
 */
export class Passwords {
  readonly #cost: PasswordCost
  readonly #dummyHash: string
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(cost: PasswordCost = PASSWORD_COST) {
    this.#cost = cost
    this.#dummyHash = stored(cost, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES))
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    return stored(this.#cost, salt, await this.#derive(password, salt, this.#cost))
  }

  /** Without a hash (an unknown user, or one that cannot sign in) the answer is false after the same work: it takes as long. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const isUsable = hash !== undefined && hash !== NO_PASSWORD
    const [name, N, r, p, salt, key] = (isUsable ? hash : this.#dummyHash).split('$')
    if (name !== 'scrypt' || salt === undefined || key === undefined)
      throw new Error('A stored password hash has an unknown format: expected scrypt$N$r$p$salt$key.')
    const expected = Buffer.from(key, 'base64url')
    const derived = await this.#derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
    return timingSafeEqual(derived, expected) && isUsable
  }

  async #derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    if (this.#running >= MAX_RUNNING) {
      if (this.#waiting.length >= MAX_WAITING) throw new BusyError()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await derive(password.normalize('NFC'), salt, cost)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next() // takes over this slot
    }
  }
}

function derive(password: string, salt: Buffer, { N, r, p }: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

function stored({ N, r, p }: PasswordCost, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$')
}
