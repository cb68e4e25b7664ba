import type { GroupMember } from '../broker.ts'
import type { NamedMember } from './protocol/index.ts'

/** Remembers the `group.instance.id` of each static member: Kafka requires it in every call, but the seam's calls do not carry it. */
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
