import type { GroupMember } from '../broker.ts'
import type { NamedMember } from './protocol/index.ts'

/** Under which static name each member joined: Kafka wants to hear both. */
export class GroupMembers {
  readonly #instanceIds = new Map<string, string>()

  joined(memberId: string, instanceId: string | undefined): void {
    if (instanceId !== undefined) this.#instanceIds.set(memberId, instanceId)
  }

  left(memberId: string): void {
    this.#instanceIds.delete(memberId)
  }

  named(member: GroupMember): NamedMember {
    return { ...member, instanceId: this.#instanceIds.get(member.memberId) ?? null }
  }
}
