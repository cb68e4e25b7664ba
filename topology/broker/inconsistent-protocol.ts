import { FatalBrokerError } from './errors.ts'

/** The group has members of another protocol: of another program, or of a version of this one that divides tasks in another way. */
export function inconsistentProtocol(groupId: string): FatalBrokerError {
  return new FatalBrokerError(
    `JoinGroup for group ${groupId} failed: INCONSISTENT_GROUP_PROTOCOL. The group has members of another version of this application, or of ` +
      'another program. Stop all instances of the version before (one that was killed stays a member until its session times out), then start ' +
      'this one: committed offsets and state stay valid. If another program uses the group, give this application another id.',
  )
}
