/** What members and leader tell each other through the group protocol, as JSON. */
export interface Subscription {
  /** The instance, by a name that outlives a restart. */
  readonly instanceId: string
  /** Where others can ask it questions. */
  readonly endpoint?: string
  readonly held: readonly string[]
  /** Tasks of others whose state it has a copy of that is up to date. */
  readonly standing: readonly string[]
  /** Another number makes the group gather, even if nothing else in here has changed. */
  readonly round: number
}

export interface Assignment {
  /** The group's, in which the tasks were divided like this. */
  readonly generation: number
  readonly active: readonly string[]
  /** Tasks of others whose state it keeps a copy of. */
  readonly standby: readonly string[]
  /** Those of them that are to move here: it joins again when their copies are up to date. */
  readonly warming: readonly string[]
  /**
   * Somebody holds tasks that he is not to have: nobody has them until all have joined again, which each does at once when it has given
   * up its own, if any. It does so even if it lost them in the meantime, as one that was restarted.
   */
  readonly isHandover: boolean
  /** Which member has, or is to have, which task: so that each instance can send a question to the right one. */
  readonly owners: readonly Owner[]
}

export interface Owner {
  readonly instanceId: string
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

/** An empty answer is what a member gets that the leader did not know of. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return bytes.length === 0
    ? { generation: -1, active: [], standby: [], warming: [], isHandover: false, owners: [] }
    : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Assignment)
}
