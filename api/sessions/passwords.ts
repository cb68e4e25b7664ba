import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** Memory-hard on purpose: 32 MiB and some 200 ms each. */
export interface PasswordCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Too many passwords wait to be checked: try again in a while. */
export class BusyError extends Error {
  readonly code = 'BUSY'

  constructor() {
    super('Too many people sign in at this moment: try again in a few seconds.')
  }
}

const PASSWORD_COST: PasswordCost = { N: 2 ** 15, r: 8, p: 3 }
/** The stored form of somebody who cannot sign in: no password has it. */
export const NO_PASSWORD = '!'

const KEY_BYTES = 32
const SALT_BYTES = 16
const AT_ONCE = 2
const MOST_WAITING = 64

/**
 * Hashes passwords and checks them, two at once, so that a wave of sign-ins takes neither all memory nor all threads. Throws
 * `BusyError` when too many wait. The stored form names its cost, so that the cost can grow: `scrypt$N$r$p$salt$key`.
 */
export class Passwords {
  readonly #cost: PasswordCost
  readonly #nobody: string
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(cost: PasswordCost = PASSWORD_COST) {
    this.#cost = cost
    this.#nobody = stored(cost, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES))
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    return stored(this.#cost, salt, await this.#derive(password, salt, this.#cost))
  }

  /** Without a hash (nobody has that name, or nobody may use it) the answer is no, after the same work. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const isUsable = hash !== undefined && hash !== NO_PASSWORD
    const [name, N, r, p, salt, key] = (isUsable ? hash : this.#nobody).split('$')
    if (name !== 'scrypt' || salt === undefined || key === undefined) throw new Error('The stored form of a password is of no known kind.')
    const expected = Buffer.from(key, 'base64url')
    const derived = await this.#derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) })
    return timingSafeEqual(derived, expected) && isUsable
  }

  async #derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MOST_WAITING) throw new BusyError()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await derive(password.normalize('NFC'), salt, cost)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next() // takes over this place
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
