import { describe, expect, it } from 'vitest'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  type TopicPartition,
} from '../../broker/index.ts'
import { UnreadableMessageError } from '../../errors.ts'
import { SeededRandom } from '../../testing/simulator/seeded-random.ts'
import { faultOf } from '../fault.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Assignment,
  type Subscription,
} from './messages.ts'

const ROUNDS = 300
const NAMES = ['a', 'counts', '__proto__', 'Überweisung', '', 'x'.repeat(300), '\u0000', '😀']

function generator(seed: number) {
  const random = new SeededRandom(seed)
  const below = (bound: number): number => Math.floor(random.next() * bound)
  const some = <T>(make: () => T, most = 4): T[] => Array.from({ length: below(most + 1) }, make)
  const name = (): string => NAMES[below(NAMES.length)] ?? ''
  const task = (): string => `${below(9)}_${below(99)}`
  const partition = (): TopicPartition => ({ topic: name(), partition: below(1_000) })
  const layout = () => ({ name: name(), kind: name(), ...(below(2) === 0 && { key: name() }), ...(below(2) === 0 && { value: name() }) })
  const subscription = (): Subscription => ({
    instanceId: name(),
    ...(below(2) === 0 && { endpoint: name() }),
    owned: some(task),
    ...(below(2) === 0 && { taskCounts: some(() => below(99)) }),
    caughtUp: some(task),
    round: below(1_000),
    acceptedIn: below(1_000) - 1,
    topology: {
      digest: name(),
      subtopologies: some(() => ({
        id: below(9),
        sources: some(name),
        stores: some(() => ({ ...layout(), hasChangelog: below(2) === 0 })),
        sinks: some(name),
      })),
      repartitions: some(layout),
    },
  })
  const assignment = (): Assignment => ({
    generation: below(1_000),
    topology: name(),
    ...(below(2) === 0 && { refusal: some(name) }),
    active: some(task),
    standby: some(task),
    warmups: some(task),
    needsFollowUp: below(2) === 0,
    owners: some(() => ({
      instanceId: name(),
      memberId: name(),
      ...(below(2) === 0 && { endpoint: name() }),
      tasks: some(task),
      standbys: some(task),
    })),
  })
  return { below, some, name, partition, subscription, assignment }
}

/** Sorted by topic, as the messages nest partitions. */
const byTopic = (partitions: readonly TopicPartition[]): readonly TopicPartition[] => {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  return topics.flatMap((topic) => partitions.filter((partition) => partition.topic === topic))
}

/** One message of each kind, encoded, with its decoder. */
function messages(seed: number): readonly { readonly bytes: Uint8Array; decode(bytes: Uint8Array): unknown }[] {
  const make = generator(seed)
  return [
    { bytes: encodeSubscription(make.subscription(), { topics: make.some(make.name), owned: [] }), decode: decodeSubscription },
    { bytes: encodeAssignment(make.assignment(), make.some(make.partition)), decode: decodeAssignment },
  ]
}

/** The error, or undefined if the bytes could be decoded. */
function errorOf(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    decode(bytes)
    return undefined
  } catch (error) {
    return error
  }
}

const asUserData = (userData: string | Uint8Array): readonly Uint8Array[] => [
  encodeConsumerSubscription({ topics: ['t'], owned: [], userData: Buffer.from(userData) }),
  encodeConsumerAssignment({ partitions: [], userData: Buffer.from(userData) }),
]

describe('20.C11 The messages of the group protocol', () => {
  it('are Kafka’s own: topics and partitions come before the user data', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const make = generator(seed)
      const [topics, owned] = [make.some(make.name), make.some(make.partition)]
      const subscription = decodeConsumerSubscription(encodeSubscription(make.subscription(), { topics, owned }))
      expect([subscription.topics, subscription.owned]).toEqual([topics, byTopic(owned)])
      expect(decodeConsumerAssignment(encodeAssignment(make.assignment(), owned)).partitions).toEqual(byTopic(owned))
    }
  })

  it('have the bytes that Kafka’s Java client writes', () => {
    const userData = Buffer.of(7)
    const owned = [{ topic: 'in', partition: 3 }]
    const subscription = encodeConsumerSubscription({ topics: ['in'], owned, userData })
    expect(Buffer.from(subscription).toString('hex')).toBe(
      '0001' + '00000001' + '0002696e' + '0000000107' + '00000001' + '0002696e' + '00000001' + '00000003',
    )
    const assignment = encodeConsumerAssignment({ partitions: owned, userData })
    expect(Buffer.from(assignment).toString('hex')).toBe('0001' + '00000001' + '0002696e' + '00000001' + '00000003' + '0000000107')
  })

  it('come back as they were, also with fields that a later version appends', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const make = generator(seed)
      const [subscription, assignment] = [make.subscription(), make.assignment()]
      const appended = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, Buffer.alloc(make.below(20), 1)])
      expect(decodeSubscription(appended(encodeSubscription(subscription, { topics: [], owned: [] })))).toMatchObject(subscription)
      expect(decodeAssignment(appended(encodeAssignment(assignment, [])))).toMatchObject(assignment)
    }
  })

  it('are refused with a named error where they are cut off', () => {
    for (const { bytes, decode } of messages(1)) {
      for (let length = 1; length < bytes.length; length++)
        expect(errorOf(decode, bytes.subarray(0, length))).toBeInstanceOf(UnreadableMessageError)
    }
  })

  it('are decoded or refused with a named error, but never crash, when bytes are foreign or changed', () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const { below } = generator(seed)
      for (const { bytes, decode } of messages(seed)) {
        const changed = Buffer.from(bytes)
        for (let times = 1 + below(8); times > 0; times--) changed[below(changed.length)] = below(256)
        const foreign = Buffer.from(Array.from({ length: 1 + below(200) }, () => below(256)))
        for (const candidate of [changed, foreign]) {
          const error = errorOf(decode, candidate)
          if (error !== undefined) expect(error).toBeInstanceOf(UnreadableMessageError)
        }
        expect(errorOf(decode, foreign)).toBeInstanceOf(UnreadableMessageError)
      }
    }
  })

  it.each([
    ['no user data, as of a plain consumer', ''],
    ['JSON that is no object', '[1]'],
    ['null', 'null'],
    ['JSON of before versions', '{"instanceId":"one","owned":[],"caughtUp":[],"round":0}'],
    ['an object without the fields', '{"version":1}'],
    ['fields of other types', '{"version":1,"instanceId":1,"owned":{},"caughtUp":[],"round":0,"acceptedIn":0,"topology":{}}'],
  ])('are refused with %s', (_, userData) => {
    const [subscription = Buffer.alloc(0), assignment = Buffer.alloc(0)] = asUserData(userData)
    expect(errorOf(decodeSubscription, subscription)).toBeInstanceOf(UnreadableMessageError)
    expect(errorOf(decodeAssignment, assignment)).toBeInstanceOf(UnreadableMessageError)
  })

  it('name an unknown version, which is the fault of the application', () => {
    const [subscription = Buffer.alloc(0), assignment = Buffer.alloc(0)] = asUserData('{"version":2}')
    for (const error of [errorOf(decodeSubscription, subscription), errorOf(decodeAssignment, assignment)]) {
      expect(String(error)).toMatch(/has version 2; this instance reads version 1/)
      expect(faultOf(error)).toBe('application')
    }
  })

  it('give a member that the leader did not know of an empty assignment', () => {
    expect(decodeAssignment(new Uint8Array(0))).toMatchObject({ generation: -1, active: [], standby: [] })
  })
})
