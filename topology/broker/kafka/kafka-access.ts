import type { KafkaCluster } from './cluster.ts'
import { RetriableBrokerError } from '../errors.ts'
import {
  Code,
  alterScramCredentials,
  brokerError,
  check,
  createAcls,
  deleteAcls,
  describeAcls,
  type AccessError,
  type Acl,
  type ScramCredential,
  type KafkaRequest,
} from './protocol/index.ts'

/** The same for the same rule. */
export function aclName({ principal, operation, resource, pattern, name }: Acl): string {
  return `${principal}: ${operation} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`
}

/** Who may do what on a cluster that has an authorizer. Throws `FatalBrokerError` where there is none, or where one may not ask. */
export class KafkaAccess {
  readonly #cluster: KafkaCluster

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async acls(): Promise<readonly Acl[]> {
    const { error, acls } = await this.#ask(describeAcls())
    check(error, 'its access rules')
    return acls
  }

  /** Resolves when a broker tells of them. */
  async create(acls: readonly Acl[]): Promise<void> {
    await this.#change(createAcls(acls))
    await this.#until((isThere) => acls.every(isThere))
  }

  /** Resolves when a broker tells of them no more. */
  async delete(acls: readonly Acl[]): Promise<void> {
    await this.#change(deleteAcls(acls))
    await this.#until((isThere) => !acls.some(isThere))
  }

  /** Adds users, or gives them another password. */
  async setCredentials(credentials: readonly ScramCredential[]): Promise<void> {
    await this.#change(alterScramCredentials(credentials))
  }

  async #change(request: KafkaRequest<readonly AccessError[]>): Promise<void> {
    for (const { error, message } of await this.#ask(request))
      if (error !== Code.none) throw brokerError(error, `${request.name}${message === null ? '' : ` (${message})`}`)
  }

  #until(met: (isThere: (acl: Acl) => boolean) => boolean): Promise<void> {
    return this.#cluster.retrying(async () => {
      const there = new Set((await this.acls()).map(aclName))
      if (!met((acl) => there.has(aclName(acl)))) throw new RetriableBrokerError('The change of access rules is not to be seen yet.')
    })
  }

  #ask<T>(request: KafkaRequest<T>): Promise<T> {
    return this.#cluster.retrying(async () => this.#cluster.request(await this.#cluster.controller(), request))
  }
}
