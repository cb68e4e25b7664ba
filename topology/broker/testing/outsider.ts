import type { GroupMember } from '../broker.ts'

/** Identifies a caller that stores offsets without being a member. Outside of a transaction Kafka allows it only while the group is empty. */
export function outsider(groupId: string): GroupMember {
  return { groupId, memberId: '', generation: -1 }
}
