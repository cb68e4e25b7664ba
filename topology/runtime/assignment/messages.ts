/** What members and the leader exchange through the group protocol, as JSON. */
export interface Subscription {
  /** A name that outlives a restart of the instance. */
  readonly instanceId: string
  /** Where other instances send queries to. */
  readonly endpoint?: string
  /** Active tasks that the member has open. */
  readonly owned: readonly string[]
  /** Tasks of other members of which it has a caught-up standby. */
  readonly caughtUp: readonly string[]
  /** Changing it makes the coordinator rebalance although nothing else in the subscription has changed. */
  readonly round: number
}

export interface Assignment {
  /** The generation in which the tasks were divided like this. */
  readonly generation: number
  readonly active: readonly string[]
  /** Tasks of other members of whose state it keeps a copy. */
  readonly standby: readonly string[]
  /** Standbys that become active here: the member joins again when they have caught up. */
  readonly warmups: readonly string[]
  /**
   * A member owns tasks that it does not keep. They stay unassigned until all members have joined again, which each does as soon as it has
   * revoked its own, if any; also a member that lost them in the meantime, by a restart.
   */
  readonly needsFollowUp: boolean
  /** Which member owns, or will own, which task: so that each instance can route a query. */
  readonly owners: readonly Owner[]
}

export interface Owner {
  readonly instanceId: string
  /** As of the generation of the assignment. */
  readonly memberId?: string
  readonly endpoint?: string
  readonly tasks: readonly string[]
  readonly standbys: readonly string[]
}

export function encode(message: Subscription | Assignment): Uint8Array {
  return Buffer.from(JSON.stringify(message), 'utf8')
}

export function decodeSubscription(bytes: Uint8Array): Subscription {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Subscription
}

/** A member that the leader did not know of gets no bytes: an empty assignment. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return bytes.length === 0
    ? { generation: -1, active: [], standby: [], warmups: [], needsFollowUp: false, owners: [] }
    : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Assignment)
}
