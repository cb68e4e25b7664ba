import type { Ports } from '../../topology/index.ts'
import type { CommandBus } from '../commands/command-bus.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import { Attempts, type AttemptLimits } from './attempts.ts'
import { isCommonPassword } from './common-passwords.ts'
import { folded, isMixed, isReserved } from './names.ts'
import type { Passwords } from './passwords.ts'
import { untilSeen } from '../until-seen.ts'
import type { Role } from './session-store.ts'

/** A member of the bank's staff, from the configuration. */
export interface Employee {
  readonly username: string
  /** Made by `Passwords.hash`. */
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

/** None is per name alone: strangers could use it up, and so lock its owner out. */
export interface SignInLimits {
  /** Failures for one name from one address. */
  readonly nameAtAddress: AttemptLimits
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
  address: { attempts: 60, windowMs: QUARTER_OF_AN_HOUR_MS },
  signUps: { attempts: 60, windowMs: QUARTER_OF_AN_HOUR_MS },
}

const USERNAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]*$/u
const MIN_LENGTH = 8
const MAX_NAME_LENGTH = 64
const MAX_PASSWORD_LENGTH = 128

const WRONG = 'Name or password is wrong.'
const TOO_OFTEN = 'Too many attempts: try again in a quarter of an hour.'
const RESERVED = 'This name is reserved: choose another one.'
const TAKEN = 'user already exists'
const PENDING = 'Your sign-up is still being processed: sign in with the same name and password in a moment.'

/** Sign-in and sign-up. Neither the answer to a sign-in nor its duration reveals whether a name exists. */
export class SignIn {
  readonly #options: SignInOptions
  readonly #nameAtAddress: Attempts
  readonly #address: Attempts
  readonly #signUps: Attempts

  constructor(options: SignInOptions) {
    this.#options = options
    const { clock } = options.ports
    const limits = { ...LIMITS, ...options.limits }
    this.#nameAtAddress = new Attempts(clock, limits.nameAtAddress)
    this.#address = new Attempts(clock, limits.address)
    this.#signUps = new Attempts(clock, limits.signUps)
  }

  /** An attempt counts before its password is checked, so that concurrent ones cannot exceed the limit; a correct password uncounts it. */
  async signIn(name: string, password: string, address: string): Promise<SignInAnswer> {
    if (name.length > MAX_NAME_LENGTH || password.length > MAX_PASSWORD_LENGTH)
      return { reason: this.#address.admit(address) ? WRONG : TOO_OFTEN }
    const username = name.normalize('NFC')
    const pair = `${username}\n${address}`
    const admitted = [this.#nameAtAddress.admit(pair), this.#address.admit(address)]
    if (admitted.includes(false)) return { reason: TOO_OFTEN }
    const { employees, reader, passwords } = this.#options
    const employee = employees.find((candidate) => candidate.username === username)
    const hash = employee?.passwordHash ?? (await reader.passwordHash(username))
    if (!(await passwords.verify(password, hash))) return { reason: WRONG }
    this.#nameAtAddress.forget(pair)
    this.#address.uncount(address)
    return { user: { username, role: employee === undefined ? 'CLIENT' : 'EMPLOYEE' } }
  }

  /**
   * Creates a user. A name that is taken with the same password signs in, so that a client can repeat a sign-up whose answer got lost.
   */
  async signUp(name: string, password: string, address: string): Promise<SignInAnswer> {
    const problem = problemOf(name, password)
    if (problem !== undefined) return { reason: problem }
    const username = name.normalize('NFC')
    if (!this.#signUps.admit(address)) return { reason: TOO_OFTEN }
    const { commands, employees, passwords, ports, reader } = this.#options
    const isStaff = employees.some((employee) => employee.username !== username && folded(employee.username) === folded(username))
    if (isStaff) return { reason: RESERVED }
    const isTaken = employees.some((employee) => employee.username === username) || (await reader.passwordHash(username)) !== undefined
    if (isTaken) return this.#signInInstead(username, password, address)
    const passwordHash = await passwords.hash(password)
    const answer = await commands.send({ type: 'CreateUserAccount', id: ports.random.uuid(), username, passwordHash })
    switch (answer.type) {
      case 'CommandSucceeded':
        await this.#isReadable(username)
        return { user: { username, role: 'CLIENT' } }
      case 'CommandFailed':
        return answer.code === 'user-exists' && (await this.#isReadable(username))
          ? this.#signInInstead(username, password, address)
          : { reason: answer.reason }
      case 'pending':
        return { reason: PENDING }
      default:
        return answer satisfies never
    }
  }

  /** Waits until the new user can be read, so that it can sign in. False: it cannot be read yet. */
  async #isReadable(username: string): Promise<boolean> {
    const { ports, reader } = this.#options
    return (await untilSeen(ports.timers, () => reader.passwordHash(username))) !== undefined
  }

  async #signInInstead(username: string, password: string, address: string): Promise<SignInAnswer> {
    const answer = await this.signIn(username, password, address)
    return 'reason' in answer && answer.reason === WRONG ? { reason: TAKEN } : answer
  }
}

function problemOf(username: string, password: string): string | undefined {
  if (isReserved(username)) return RESERVED
  if (isMixed(username)) return 'A name must be written in one script, so that it looks like no other name.'
  if (isCommonPassword(password, username)) return 'This password is among the first that are tried: choose another one.'
  if (username.length < MIN_LENGTH || username.length > MAX_NAME_LENGTH)
    return `A name must have ${MIN_LENGTH} to ${MAX_NAME_LENGTH} characters.`
  if (!USERNAME.test(username) || username !== username.trim())
    return 'A name must start with a letter or digit, contain only letters, digits, spaces and . _ @ -, and not end in a space.'
  if (password.length < MIN_LENGTH || password.length > MAX_PASSWORD_LENGTH)
    return `A password must have ${MIN_LENGTH} to ${MAX_PASSWORD_LENGTH} characters.`
  return undefined
}
