import type { KafkaRequest } from './request.ts'

const RESOURCES = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
const PATTERNS = { literal: 3, prefixed: 4 } as const
const OPERATIONS = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  describeConfigs: 10,
  alterConfigs: 11,
} as const

/** Allows one principal one operation on one resource, from any host. Kafka denies what no ACL allows. */
export interface Acl {
  /** In Kafka's notation: `User:name`. */
  readonly principal: string
  readonly resource: keyof typeof RESOURCES
  readonly pattern: keyof typeof PATTERNS
  readonly name: string
  readonly operation: keyof typeof OPERATIONS
}

/** What a broker stores for a SCRAM-SHA-512 user instead of the password. */
export interface ScramCredential {
  readonly user: string
  /** Default `scram-sha-512`. A user may have credentials for both. */
  readonly mechanism?: 'scram-sha-256' | 'scram-sha-512'
  /** From 4,096 to 16,384. */
  readonly iterations: number
  readonly salt: Uint8Array
  /** PBKDF2 of the password: 64 bytes, with SHA-256 32. */
  readonly saltedPassword: Uint8Array
}

export interface AccessError {
  readonly error: number
  readonly message: string | null
}

const ANY = 1
const ANY_HOST = '*'
const ALLOW = 3
const SCRAM = { 'scram-sha-256': 1, 'scram-sha-512': 2 } as const

/** Returns only rules that an `Acl` can express; others (deny, single hosts) are skipped. */
export function describeAcls(): KafkaRequest<AccessError & { readonly acls: readonly Acl[] }> {
  return {
    apiKey: 29,
    apiVersion: 1,
    name: 'DescribeAcls',
    write: (writer) => void writer.int8(ANY).string(null).int8(ANY).string(null).string(null).int8(ANY).int8(ANY),
    read: (reader) => {
      reader.int32()
      const head = { error: reader.int16(), message: reader.string() }
      const acls = reader.array(() => {
        const resource = keyOf(RESOURCES, reader.int8())
        const name = reader.text()
        const pattern = keyOf(PATTERNS, reader.int8())
        return reader.array((): readonly Acl[] => {
          const [principal, host] = [reader.text(), reader.string()]
          const operation = keyOf(OPERATIONS, reader.int8())
          const isAllowed = reader.int8() === ALLOW
          if (resource === undefined || pattern === undefined || operation === undefined || !isAllowed || host !== ANY_HOST) return []
          return [{ principal, resource, pattern, name, operation }]
        })
      })
      return { ...head, acls: acls.flat(2) }
    },
  }
}

export function createAcls(acls: readonly Acl[]): KafkaRequest<readonly AccessError[]> {
  return {
    apiKey: 30,
    apiVersion: 1,
    name: 'CreateAcls',
    write: (writer) =>
      void writer.array(acls, ({ resource, name, pattern, principal, operation }) =>
        writer
          .int8(RESOURCES[resource])
          .string(name)
          .int8(PATTERNS[pattern])
          .string(principal)
          .string(ANY_HOST)
          .int8(OPERATIONS[operation])
          .int8(ALLOW),
      ),
    read: (reader) => {
      reader.int32()
      return reader.array(() => ({ error: reader.int16(), message: reader.string() }))
    },
  }
}

export function deleteAcls(acls: readonly Acl[]): KafkaRequest<readonly AccessError[]> {
  return {
    ...createAcls(acls),
    apiKey: 31,
    name: 'DeleteAcls',
    read: (reader) => {
      reader.int32()
      return reader.array(() => {
        const head = { error: reader.int16(), message: reader.string() }
        reader.array(() => {
          reader.int16()
          reader.string()
          reader.int8()
          reader.string()
          reader.int8()
          return [reader.string(), reader.string(), reader.int8(), reader.int8()]
        })
        return head
      })
    },
  }
}

export function alterScramCredentials(credentials: readonly ScramCredential[]): KafkaRequest<readonly AccessError[]> {
  return {
    apiKey: 51,
    apiVersion: 0,
    name: 'AlterUserScramCredentials',
    flexible: true,
    write: (writer) =>
      void writer
        .compactArray([], () => undefined)
        .compactArray(credentials, ({ user, mechanism = 'scram-sha-512', iterations, salt, saltedPassword }) =>
          writer
            .compactString(user)
            .int8(SCRAM[mechanism])
            .int32(iterations)
            .uvarint(salt.length + 1)
            .raw(salt)
            .uvarint(saltedPassword.length + 1)
            .raw(saltedPassword)
            .noTags(),
        )
        .noTags(),
    read: (reader) => {
      reader.int32()
      return reader.compactArray(() => {
        reader.compactString()
        const head = { error: reader.int16(), message: reader.compactString() }
        reader.skipTags()
        return head
      })
    },
  }
}

function keyOf<K extends string>(codes: Readonly<Record<K, number>>, code: number): K | undefined {
  return (Object.keys(codes) as K[]).find((key) => codes[key] === code)
}
