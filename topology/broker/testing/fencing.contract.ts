import { describe, expect, it } from 'vitest'
import type { Broker, GroupMember, JoinRequest, Producer } from '../broker.ts'
import { FencedError, StaleGenerationError, UnknownMemberError } from '../errors.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { outsider } from './outsider.ts'
import { batchOf, produce, valuesOf } from './records.ts'

const PARTITION = { topic: 'orders', partition: 0 }
const OFFSETS = [{ ...PARTITION, offset: 7 }]

const MEMBERS = ['its own member id', 'an unknown member id', 'no member id'] as const
const GENERATIONS = ['the generation', 'a former generation', 'a later generation'] as const
const HOLDERS = ['the holder of its transactional id', 'a fenced holder', 'an at-least-once producer'] as const
type Call = readonly [memberId: (typeof MEMBERS)[number], generation: (typeof GENERATIONS)[number], holder: (typeof HOLDERS)[number]]

const CALLS = MEMBERS.flatMap((memberId) =>
  GENERATIONS.flatMap((generation) => HOLDERS.map((holder): Call => [memberId, generation, holder])),
)

/** The broker checks the epoch first, then the member, then the generation. Undefined: the offsets are stored. */
function rejectionOf([memberId, generation, holder]: Call): typeof FencedError | typeof UnknownMemberError | undefined {
  if (holder === 'a fenced holder') return FencedError
  if (memberId !== 'its own member id') return UnknownMemberError
  return generation === 'the generation' ? undefined : FencedError
}

/** Two fences protect a group's offsets: the epoch of the transactional id, and member and generation of the group. */
export function describeFencing(underTest: () => BrokerUnderTest): void {
  describe('offsets stored with', () => {
    it.each(CALLS.filter((call) => rejectionOf(call) === undefined))('%s and %s by %s are committed', async (...call) => {
      const { broker } = underTest()
      await storing(broker, call)
      expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
    })

    it.each(CALLS.filter((call) => rejectionOf(call) !== undefined))(
      '%s and %s by %s are rejected, together with their transaction',
      async (...call) => {
        const { broker } = underTest()
        await expect(storing(broker, call)).rejects.toBeInstanceOf(rejectionOf(call))
        await produce(await broker.openProducer({ transactionalId: 'p' }), PARTITION, 'after')
        expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual([])
        const kept = call[2] === 'an at-least-once producer' ? ['with the offsets', 'after'] : ['after']
        expect(await valuesOf(broker, PARTITION)).toEqual(kept)
      },
    )
  })

  it.each(['a former generation', 'a later generation'] as const)(
    'offsets rejected for %s can be stored in the current one by the same producer',
    async (other) => {
      const { broker } = underTest()
      const member = await joined(broker)
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send(PARTITION.topic, PARTITION.partition, batchOf('with the offsets'))
      const stale = named(member, 'its own member id', other)
      for (const _ of [1, 2]) await expect(producer.sendOffsets(stale, OFFSETS)).rejects.toBeInstanceOf(StaleGenerationError)
      await stored(producer, member)
      expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
      expect(await valuesOf(broker, PARTITION)).toEqual(['with the offsets'])
    },
  )

  it('offsets can be stored by a member that has joined but has not got its assignment yet', async () => {
    const { broker } = underTest()
    const before = await joined(broker)
    const { generation } = await broker.groups.join(joining(before))
    const producer = await broker.openProducer({ transactionalId: 'p' })
    await expect(producer.sendOffsets(before, OFFSETS)).rejects.toBeInstanceOf(StaleGenerationError)
    await stored(producer, { ...before, generation })
    expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
  })

  it('offsets without a member id are stored in a transaction, even if the group has members, and rejected outside of one', async () => {
    const { broker } = underTest()
    await joined(broker)
    const outside = outsider('g')
    await expect(stored(await broker.openProducer({}), outside)).rejects.toBeInstanceOf(UnknownMemberError)
    await stored(await broker.openProducer({ transactionalId: 'p' }), outside)
    expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
  })

  it.each(MEMBERS.flatMap((memberId) => GENERATIONS.map((generation) => [memberId, generation] as const)))(
    'a heartbeat with %s and %s follows the same rule',
    async (memberId, generation) => {
      const { broker } = underTest()
      const beat = broker.groups.heartbeat(named(await joined(broker), memberId, generation))
      const rejection = rejectionOf([memberId, generation, 'the holder of its transactional id'])
      if (rejection === undefined) await beat
      else await expect(beat).rejects.toBeInstanceOf(rejection)
    },
  )
}

/** Sends one record and the offsets, as this member in this generation of group `g`. */
async function storing(broker: Broker, [memberId, generation, holder]: Call): Promise<void> {
  const member = named(await joined(broker), memberId, generation)
  const producer = await broker.openProducer(holder === 'an at-least-once producer' ? {} : { transactionalId: 'p' })
  await producer.send(PARTITION.topic, PARTITION.partition, batchOf('with the offsets'))
  if (holder === 'a fenced holder') await broker.openProducer({ transactionalId: 'p' })
  await stored(producer, member)
}

async function stored(producer: Producer, member: GroupMember): Promise<void> {
  await producer.sendOffsets(member, OFFSETS)
  await producer.commit()
}

function named(member: GroupMember, kind: Call[0], generation: Call[1]): GroupMember {
  const memberId = kind === 'its own member id' ? member.memberId : kind === 'an unknown member id' ? 'unknown' : ''
  const distance = generation === 'the generation' ? 0 : generation === 'a former generation' ? -1 : 1
  return { ...member, memberId, generation: member.generation + distance }
}

function joining(member: GroupMember): JoinRequest {
  return {
    ...member,
    protocol: { type: 'contract', name: 'plain' },
    metadata: Buffer.of(1),
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
  }
}

/** The only member of group `g`, in its second generation. */
async function joined(broker: Broker): Promise<GroupMember> {
  let member: GroupMember = { groupId: 'g', memberId: '', generation: -1 }
  for (const _ of [1, 2]) {
    const { memberId, generation } = await broker.groups.join(joining(member))
    member = { groupId: 'g', memberId, generation }
    await broker.groups.sync({ ...member, assignments: new Map() })
  }
  return member
}
