import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type GroupProtocol,
  type TopicPartition,
} from '../../broker/index.ts'
import { messageOf, UnreadableMessageError } from '../../errors.ts'
import { isTopologyOutline, type TopologyOutline } from '../../graph/index.ts'

/**
 * Kafka's tools read groups of type `consumer`. Its name keeps instances apart that could not read each other's messages at all, such as those of
 * before DECISIONS 110: Kafka rejects them when they join.
 */
export const GROUP_PROTOCOL: GroupProtocol = { type: 'consumer', name: 'bob-v1' }

/**
 * Of the user data, which is JSON. A reader ignores fields that it does not know, so new ones do not need another version; what an older reader
 * would misunderstand does.
 */
const VERSION = 1

/** What a member tells the leader when it joins. */
export interface Subscription {
  /** A name that outlives a restart of the instance. */
  readonly instanceId: string
  /** Where other instances send queries to. */
  readonly endpoint?: string
  /** Active tasks that the member has open. */
  readonly owned: readonly string[]
  /** The number of tasks of each sub-topology as this member knows them: a source topic that has grown is not known to all at once. */
  readonly taskCounts?: readonly number[]
  /** Tasks of other members of which it has a caught-up standby. */
  readonly caughtUp: readonly string[]
  /** Changing it makes the coordinator rebalance although nothing else in the subscription has changed. */
  readonly round: number
  /** The last generation in which a leader accepted this member's topology; -1: none so far. */
  readonly acceptedIn: number
  readonly topology: TopologyOutline
}

/** What the leader gives a member. */
export interface Assignment {
  /** The generation in which the tasks were divided like this. */
  readonly generation: number
  /** Digest of the member's topology as the leader knew it: another one than the member's was made for its former process. */
  readonly topology: string
  /** Why the member must not take part. It has no tasks then. */
  readonly refusal?: readonly string[]
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

/** `topics` and `owned`: what the member may read, and what its tasks read now, for Kafka and its tools. */
export function encodeSubscription(
  subscription: Subscription,
  reads: { readonly topics: readonly string[]; readonly owned: readonly TopicPartition[] },
): Uint8Array {
  return encodeConsumerSubscription({ ...reads, userData: userDataOf(subscription) })
}

/** `partitions`: what the member's active tasks read, for Kafka's tools. */
export function encodeAssignment(assignment: Assignment, partitions: readonly TopicPartition[]): Uint8Array {
  return encodeConsumerAssignment({ partitions, userData: userDataOf(assignment) })
}

/** Throws `UnreadableMessageError` for anything but a subscription of this version. */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  return decode('subscription', () => decodeConsumerSubscription(bytes).userData, isSubscription)
}

/** A member that the leader did not know of gets no bytes: an empty assignment. Throws `UnreadableMessageError`. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return bytes.length === 0
    ? { generation: -1, topology: '', active: [], standby: [], warmups: [], needsFollowUp: false, owners: [] }
    : decode('assignment', () => decodeConsumerAssignment(bytes).userData, isAssignment)
}

type Fields = Readonly<Record<string, unknown>>

function userDataOf(message: Subscription | Assignment): Uint8Array {
  return Buffer.from(JSON.stringify({ version: VERSION, ...message }), 'utf8')
}

function decode<T>(what: string, userData: () => Uint8Array, isMessage: (fields: Fields) => fields is T & Fields): T {
  let fields: unknown
  try {
    fields = JSON.parse(Buffer.from(userData()).toString('utf8'))
  } catch (error) {
    throw new UnreadableMessageError(`The ${what} is not one of this engine: ${messageOf(error)}`, { cause: error })
  }
  if (!isFields(fields)) throw new UnreadableMessageError(`The ${what} is not one of this engine: it is no JSON object.`)
  const { version } = fields
  if (version !== VERSION)
    throw new UnreadableMessageError(`The ${what} has version ${JSON.stringify(version)}; this instance reads version ${VERSION}.`)
  if (!isMessage(fields)) throw new UnreadableMessageError(`The ${what} lacks fields, or has fields of other types.`)
  return fields
}

function isSubscription(fields: Fields): fields is Subscription & Fields {
  return (
    isText(fields['instanceId']) &&
    isTextOrAbsent(fields['endpoint']) &&
    isTexts(fields['owned']) &&
    isCountsOrAbsent(fields['taskCounts']) &&
    isTexts(fields['caughtUp']) &&
    isNumber(fields['round']) &&
    isNumber(fields['acceptedIn']) &&
    isTopologyOutline(fields['topology'])
  )
}

function isAssignment(fields: Fields): fields is Assignment & Fields {
  const { refusal, owners } = fields
  return (
    isNumber(fields['generation']) &&
    isText(fields['topology']) &&
    (refusal === undefined || isTexts(refusal)) &&
    isTexts(fields['active']) &&
    isTexts(fields['standby']) &&
    isTexts(fields['warmups']) &&
    typeof fields['needsFollowUp'] === 'boolean' &&
    Array.isArray(owners) &&
    owners.every(isOwner)
  )
}

function isOwner(owner: unknown): boolean {
  return (
    isFields(owner) &&
    isText(owner['instanceId']) &&
    isText(owner['memberId']) &&
    isTextOrAbsent(owner['endpoint']) &&
    isTexts(owner['tasks']) &&
    isTexts(owner['standbys'])
  )
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value)
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value)
const isCountsOrAbsent = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.every(isNumber))
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
