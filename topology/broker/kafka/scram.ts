import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { FatalBrokerError } from '../errors.ts'
import type { Credentials } from './security.ts'

export type ScramHash = 'sha256' | 'sha512'

const HASH_BYTES = { sha256: 32, sha512: 64 }
/** RFC 7677: fewer would make a stolen exchange easy to invert. */
const FEWEST_ITERATIONS = 4_096
/** The client supports no channel binding. */
const GS2_HEADER = 'n,,'
const derive = promisify(pbkdf2)

/**
 * One authentication with SCRAM (RFC 5802): neither side shows the password, and each proves that it knows it. Throws `FatalBrokerError` when the
 * broker does not.
 */
export class ScramExchange {
  readonly #hash: ScramHash
  readonly #password: string
  readonly #nonce: string
  readonly #first: string
  #serverSignature: Buffer = Buffer.alloc(0)

  constructor(hash: ScramHash, { username, password }: Credentials, nonce: string) {
    this.#hash = hash
    this.#password = password
    this.#nonce = nonce
    this.#first = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  get firstMessage(): Buffer {
    return Buffer.from(GS2_HEADER + this.#first)
  }

  async finalMessage(challenge: Buffer): Promise<Buffer> {
    const { r: nonce = '', s: salt = '', i: count = '' } = attributesOf(challenge)
    const iterations = Number(count)
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw forged('it does not continue the client’s nonce')
    if (!(iterations >= FEWEST_ITERATIONS)) throw forged(`it asks for ${count} iterations, and ${FEWEST_ITERATIONS} are the fewest allowed`)
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), iterations, HASH_BYTES[this.#hash], this.#hash)
    const clientKey = this.#hmac(salted, 'Client Key')
    const storedKey = createHash(this.#hash).update(clientKey).digest()
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`
    const signed = `${this.#first},${challenge.toString()},${withoutProof}`
    const proof = xor(clientKey, this.#hmac(storedKey, signed))
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), signed)
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  verify(response: Buffer): void {
    const { v: signature = '', e: refusal } = attributesOf(response)
    if (refusal !== undefined) throw new FatalBrokerError(`SCRAM failed: ${refusal}.`)
    const given = Buffer.from(signature, 'base64')
    if (given.length !== this.#serverSignature.length || !timingSafeEqual(given, this.#serverSignature))
      throw forged('it does not prove that it knows the password')
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}

function forged(what: string): FatalBrokerError {
  return new FatalBrokerError(`The broker’s SCRAM message is not genuine: ${what}. Check that the address is that of your cluster.`)
}

/** `r=abc,s=def` by name. A value may contain `=`. */
function attributesOf(message: Buffer): Readonly<Record<string, string>> {
  return Object.fromEntries(
    message
      .toString()
      .split(',')
      .map((attribute) => [attribute.slice(0, 1), attribute.slice(2)]),
  )
}

function xor(some: Buffer, others: Buffer): Buffer {
  return Buffer.from(some.map((byte, at) => byte ^ (others[at] ?? 0)))
}
