/** Prefix of the transactional ids of an application's instances: application names contain no slash. */
export function transactionalIdPrefix(applicationId: string): string {
  return `${applicationId}/`
}

/** Transactional id of the n-th producer of an instance, from 0. */
export function transactionalIdOf(applicationId: string, instanceId: string, producer: number): string {
  return `${transactionalIdPrefix(applicationId)}${instanceId}/${producer}`
}

/** The instance of the application that the id belongs to; undefined for any other id. */
export function instanceOf(transactionalId: string, applicationId: string): string | undefined {
  const prefix = transactionalIdPrefix(applicationId)
  const end = transactionalId.lastIndexOf('/')
  return transactionalId.startsWith(prefix) && end >= prefix.length ? transactionalId.slice(prefix.length, end) : undefined
}
