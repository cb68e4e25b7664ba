import type { Ports } from '../../topology/index.ts'
import type { CommandBus } from '../commands/command-bus.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import { Attempts, type AttemptLimits } from './attempts.ts'
import type { Passwords } from './passwords.ts'
import { untilSeen } from '../until-seen.ts'
import type { Role } from './session-store.ts'

/** A user of the bank's own staff, from the configuration. */
export interface Employee {
  readonly username: string
  /** As `Passwords.hash` makes it. */
  readonly passwordHash: string
}

export interface SignInOptions {
  readonly reader: BankReader
  readonly commands: Pick<CommandBus, 'send'>
  readonly passwords: Passwords
  readonly ports: Ports
  readonly employees: readonly Employee[]
  readonly limits?: Partial<SignInLimits>
}

export interface SignInLimits {
  /** Failures for one name from one address. */
  readonly nameAtAddress: AttemptLimits
  /** Failures for one name from anywhere: higher, since strangers can use them up. */
  readonly name: AttemptLimits
  /** Failures for any name from one address. */
  readonly address: AttemptLimits
  /** New users from one address. */
  readonly signUps: AttemptLimits
}

export type SignInAnswer = { readonly user: SignedInUser } | { readonly reason: string }

export interface SignedInUser {
  readonly username: string
  readonly role: Role
}

const QUARTER_OF_AN_HOUR_MS = 15 * 60_000
const LIMITS: SignInLimits = {
  nameAtAddress: { attempts: 8, windowMs: QUARTER_OF_AN_HOUR_MS },
  name: { attempts: 50, windowMs: QUARTER_OF_AN_HOUR_MS },
  address: { attempts: 60, windowMs: QUARTER_OF_AN_HOUR_MS },
  signUps: { attempts: 60, windowMs: QUARTER_OF_AN_HOUR_MS },
}

const USERNAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u
const SHORTEST = 8
const LONGEST_NAME = 64
const LONGEST_PASSWORD = 128

const WRONG = 'Name or password is wrong.'
const TOO_OFTEN = 'Too many attempts: try again in a quarter of an hour.'
const TAKEN = 'user already exists'
const PENDING = 'Your sign-up is on its way: sign in with the same name and password in a moment.'

/** Checks who somebody is. What it says, and how long it takes, does not tell whether a name exists. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #nameAtAddress: Attempts
  readonly #name: Attempts
  readonly #address: Attempts
  readonly #signUps: Attempts

  constructor(options: SignInOptions) {
    this.#options = options
    const { clock } = options.ports
    const limits = { ...LIMITS, ...options.limits }
    this.#nameAtAddress = new Attempts(clock, limits.nameAtAddress)
    this.#name = new Attempts(clock, limits.name)
    this.#address = new Attempts(clock, limits.address)
    this.#signUps = new Attempts(clock, limits.signUps)
  }

  /** Attempts count before the password is checked, so that many at once do not slip through; a right password clears its name. */
  async signIn(name: string, password: string, address: string): Promise<SignInAnswer> {
    const username = name.normalize('NFC')
    const pair = `${username}\n${address}`
    const admitted = [this.#nameAtAddress.admit(pair), this.#name.admit(username), this.#address.admit(address)]
    if (admitted.includes(false)) return { reason: TOO_OFTEN }
    const { employees, reader, passwords } = this.#options
    const employee = employees.find((one) => one.username === username)
    const plausible = username.length <= LONGEST_NAME && password.length <= LONGEST_PASSWORD
    const hash = plausible ? (employee?.passwordHash ?? (await reader.passwordHash(username))) : undefined
    if (!(await passwords.verify(password.slice(0, LONGEST_PASSWORD), hash))) return { reason: WRONG }
    this.#nameAtAddress.forget(pair)
    this.#name.forget(username)
    this.#address.takeBack(address)
    return { user: { username, role: employee === undefined ? 'CLIENT' : 'EMPLOYEE' } }
  }

  /**
   * Makes a new user. Repeating a sign-up whose answer got lost signs in, so it cannot stay half done: a name that is taken is fine
   * for whoever has its password.
   */
  async signUp(name: string, password: string, address: string): Promise<SignInAnswer> {
    const username = name.normalize('NFC')
    const problem = problemOf(username, password)
    if (problem !== undefined) return { reason: problem }
    if (!this.#signUps.admit(address)) return { reason: TOO_OFTEN }
    const { commands, employees, passwords, ports, reader } = this.#options
    const isTaken = employees.some((one) => one.username === username) || (await reader.passwordHash(username)) !== undefined
    if (isTaken) return this.#signInAfterAll(username, password, address)
    const passwordHash = await passwords.hash(password)
    const answer = await commands.send({ type: 'CreateUserAccount', id: ports.random.uuid(), username, passwordHash })
    switch (answer.type) {
      case 'CommandSucceeded':
        await this.#appears(username)
        return { user: { username, role: 'CLIENT' } }
      case 'CommandFailed':
        return answer.code === 'user-exists' && (await this.#appears(username))
          ? this.#signInAfterAll(username, password, address)
          : { reason: answer.reason }
      case 'pending':
        return { reason: PENDING }
      default:
        return answer satisfies never
    }
  }

  /** Whoever is in can sign in again: false if that does not become so. */
  async #appears(username: string): Promise<boolean> {
    const { ports, reader } = this.#options
    return (await untilSeen(ports.timers, () => reader.passwordHash(username))) !== undefined
  }

  async #signInAfterAll(username: string, password: string, address: string): Promise<SignInAnswer> {
    const answer = await this.signIn(username, password, address)
    return 'reason' in answer && answer.reason === WRONG ? { reason: TAKEN } : answer
  }
}

function problemOf(username: string, password: string): string | undefined {
  if (username.length < SHORTEST || username.length > LONGEST_NAME)
    return `A name has at least ${SHORTEST} and at most ${LONGEST_NAME} characters.`
  if (!USERNAME.test(username) || username !== username.trim()) return 'A name is made of letters, digits, spaces and . _ @ - in between.'
  if (password.length < SHORTEST || password.length > LONGEST_PASSWORD)
    return `A password has at least ${SHORTEST} and at most ${LONGEST_PASSWORD} characters.`
  return undefined
}
