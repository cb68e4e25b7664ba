/** What the transactional ids of an application's instances, and no others, begin with: no application has a slash in its name. */
export function transactionalIdPrefix(applicationId: string): string {
  return `${applicationId}/`
}

/** Of one of an instance's producers, counted from 0. */
export function transactionalIdOf(applicationId: string, instanceId: string, producer: number): string {
  return `${transactionalIdPrefix(applicationId)}${instanceId}/${producer}`
}

/** The instance whose producer it is; undefined: one of another application, or none of an instance. */
export function instanceOf(transactionalId: string, applicationId: string): string | undefined {
  const prefix = transactionalIdPrefix(applicationId)
  const end = transactionalId.lastIndexOf('/')
  return transactionalId.startsWith(prefix) && end >= prefix.length ? transactionalId.slice(prefix.length, end) : undefined
}
