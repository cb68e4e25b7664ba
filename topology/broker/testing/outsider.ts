import type { GroupMember } from '../broker.ts'

/** Stores offsets without being in the group, which Kafka allows while nobody is. */
export function outsider(groupId: string): GroupMember {
  return { groupId, memberId: '', generation: -1 }
}
