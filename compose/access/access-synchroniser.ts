import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { aclName, type Acl, type KafkaAccess, type ScramCredential } from '../../topology/index.ts'
import { topologyOnlyCodec } from '../application.ts'
import { bankAcls, PRINCIPALS, principalName, type Principal } from './bank-acls.ts'

/** How a cluster's ACLs for the bank's principals differ from the declaration. ACLs of other principals are ignored. */
export interface AccessDifference {
  readonly missing: readonly Acl[]
  readonly surplus: readonly Acl[]
  readonly matches: boolean
}

const ITERATIONS = 8_192
const SALT_BYTES = 16
const HASH_BYTES = 64

/** Makes the users and ACLs of a secured cluster match the declaration (DECISIONS 67). The connection must be an administrator's. */
export class AccessSynchroniser {
  readonly #access: KafkaAccess

  constructor(access: KafkaAccess) {
    this.#access = access
  }

  /** Changes nothing. Throws `BrokerError`. */
  async plan(): Promise<AccessDifference> {
    const own = new Set(PRINCIPALS.map(principalName))
    const declared = new Map(bankAcls(await topologyOnlyCodec()).map((acl) => [aclName(acl), acl]))
    const existing = (await this.#access.acls()).filter(({ principal }) => own.has(principal))
    const names = new Set(existing.map(aclName))
    const missing = [...declared].filter(([name]) => !names.has(name)).map(([, acl]) => acl)
    const surplus = existing.filter((acl) => !declared.has(aclName(acl)))
    return { missing, surplus, matches: missing.length + surplus.length === 0 }
  }

  /** Carries out the plan and sets the users' passwords. Returns the remaining difference. */
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
