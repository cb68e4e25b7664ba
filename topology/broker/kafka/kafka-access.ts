import type { KafkaCluster } from './kafka-cluster.ts'
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

/** Identifies an ACL: equal ACLs have equal names. */
export function aclName({ principal, operation, resource, pattern, name }: Acl): string {
  return `${principal}: ${operation} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`
}

/** ACLs and users of a cluster. Throws `FatalBrokerError` when the cluster has no authorizer or this client may not use it. */
export class KafkaAccess {
  readonly #cluster: KafkaCluster

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async acls(): Promise<readonly Acl[]> {
    const { error, acls } = await this.#request(describeAcls())
    check(error, 'DescribeAcls', { cluster: 'DESCRIBE on the cluster' })
    return acls
  }

  /** Resolves when `acls` lists them. */
  async create(acls: readonly Acl[]): Promise<void> {
    await this.#change(createAcls(acls))
    await this.#until((exists) => acls.every(exists))
  }

  /** Resolves when `acls` lists none of them. */
  async delete(acls: readonly Acl[]): Promise<void> {
    await this.#change(deleteAcls(acls))
    await this.#until((exists) => !acls.some(exists))
  }

  /** Creates users, or changes their passwords. */
  async setCredentials(credentials: readonly ScramCredential[]): Promise<void> {
    await this.#change(alterScramCredentials(credentials))
  }

  async #change(request: KafkaRequest<readonly AccessError[]>): Promise<void> {
    for (const { error, message } of await this.#request(request))
      if (error !== Code.none)
        throw brokerError(error, `${request.name}${message === null ? '' : ` (${message})`}`, { cluster: 'ALTER on the cluster' })
  }

  #until(met: (exists: (acl: Acl) => boolean) => boolean): Promise<void> {
    return this.#cluster.retrying(async () => {
      const existing = new Set((await this.acls()).map(aclName))
      if (!met((acl) => existing.has(aclName(acl)))) throw new RetriableBrokerError('The ACL change has not propagated yet; retry.')
    })
  }

  #request<T>(request: KafkaRequest<T>): Promise<T> {
    return this.#cluster.retrying(() => this.#cluster.atController(request))
  }
}
