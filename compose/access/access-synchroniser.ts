import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { aclName, type Acl, type KafkaAccess, type ScramCredential } from '../../topology/index.ts'
import { drawingCodec } from '../application.ts'
import { bankAcls, PRINCIPALS, principalName, type Principal } from './bank-acls.ts'

/** What is between a cluster's access rules for the bank's principals and what is declared. Other principals' are not looked at. */
export interface AccessDifference {
  readonly missing: readonly Acl[]
  readonly surplus: readonly Acl[]
  readonly matches: boolean
}

const ITERATIONS = 8_192
const SALT_BYTES = 16
const HASH_BYTES = 64

/** Brings users and access rules of a secured cluster to what the bank declares. Its connection has to be an administrator's. */
export class AccessSynchroniser {
  readonly #access: KafkaAccess

  constructor(access: KafkaAccess) {
    this.#access = access
  }

  /** Changes nothing. Throws what the broker throws. */
  async plan(): Promise<AccessDifference> {
    const own = new Set(PRINCIPALS.map(principalName))
    const wanted = new Map(bankAcls(await drawingCodec()).map((acl) => [aclName(acl), acl]))
    const existing = (await this.#access.acls()).filter(({ principal }) => own.has(principal))
    const names = new Set(existing.map(aclName))
    const missing = [...wanted].filter(([name]) => !names.has(name)).map(([, acl]) => acl)
    const surplus = existing.filter((acl) => !wanted.has(aclName(acl)))
    return { missing, surplus, matches: missing.length + surplus.length === 0 }
  }

  /** Does what the plan says and sets the users' passwords; answers with what is left. */
  async apply({ missing, surplus }: AccessDifference, passwords: Readonly<Record<Principal, string>>): Promise<AccessDifference> {
    await this.#access.setCredentials(await Promise.all(PRINCIPALS.map((user) => credential(user, passwords[user]))))
    if (missing.length > 0) await this.#access.create(missing)
    if (surplus.length > 0) await this.#access.delete(surplus)
    return this.plan()
  }
}

async function credential(user: Principal, password: string): Promise<ScramCredential> {
  const salt = randomBytes(SALT_BYTES)
  return { user, iterations: ITERATIONS, salt, saltedPassword: await promisify(pbkdf2)(password, salt, ITERATIONS, HASH_BYTES, 'sha512') }
}
