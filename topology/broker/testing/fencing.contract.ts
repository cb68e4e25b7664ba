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
type Call = readonly [who: (typeof MEMBERS)[number], generation: (typeof GENERATIONS)[number], holder: (typeof HOLDERS)[number]]

const CALLS = MEMBERS.flatMap((who) => GENERATIONS.flatMap((generation) => HOLDERS.map((holder): Call => [who, generation, holder])))

/** The epoch is asked first, then the member, then the generation; undefined: it is stored. */
function refusalOf([who, generation, holder]: Call): typeof FencedError | typeof UnknownMemberError | undefined {
  if (holder === 'a fenced holder') return FencedError
  if (who !== 'its own member id') return UnknownMemberError
  return generation === 'the generation' ? undefined : FencedError
}

/** Two fences stand before a group's offsets: the epoch of the transactional id, and the group's members with their generation. */
export function describeFencing(under: () => BrokerUnderTest): void {
  describe('offsets stored with', () => {
    it.each(CALLS.filter((call) => refusalOf(call) === undefined))('%s and %s by %s are there', async (...call) => {
      const { broker } = under()
      await storing(broker, call)
      expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
    })

    it.each(CALLS.filter((call) => refusalOf(call) !== undefined))(
      '%s and %s by %s are refused, with all that goes with them',
      async (...call) => {
        const { broker } = under()
        await expect(storing(broker, call)).rejects.toBeInstanceOf(refusalOf(call))
        await produce(await broker.openProducer({ transactionalId: 'p' }), PARTITION, 'after')
        expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual([])
        const kept = call[2] === 'an at-least-once producer' ? ['with the offsets', 'after'] : ['after']
        expect(await valuesOf(broker, PARTITION)).toEqual(kept)
      },
    )
  })

  it.each(['a former generation', 'a later generation'] as const)(
    'offsets stored with %s may be stored in the present one instead',
    async (other) => {
      const { broker } = under()
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

  it('offsets are stored by who has joined, and does not know what he is assigned yet', async () => {
    const { broker } = under()
    const before = await joined(broker)
    const { generation } = await broker.groups.join(joining(before))
    const producer = await broker.openProducer({ transactionalId: 'p' })
    await expect(producer.sendOffsets(before, OFFSETS)).rejects.toBeInstanceOf(StaleGenerationError)
    await stored(producer, { ...before, generation })
    expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
  })

  it('offsets of an outsider are stored in a transaction, even where the group has members, and are refused without one', async () => {
    const { broker } = under()
    await joined(broker)
    const stranger = outsider('g')
    await expect(stored(await broker.openProducer({}), stranger)).rejects.toBeInstanceOf(UnknownMemberError)
    await stored(await broker.openProducer({ transactionalId: 'p' }), stranger)
    expect(await broker.groups.committedOffsets('g', [PARTITION])).toEqual(OFFSETS)
  })

  it.each(MEMBERS.flatMap((who) => GENERATIONS.map((generation) => [who, generation] as const)))(
    'a heartbeat with %s and %s is answered by the same rule',
    async (who, generation) => {
      const { broker } = under()
      const beat = broker.groups.heartbeat(named(await joined(broker), who, generation))
      const refusal = refusalOf([who, generation, 'the holder of its transactional id'])
      if (refusal === undefined) await beat
      else await expect(beat).rejects.toBeInstanceOf(refusal)
    },
  )
}

/** One record and the offsets, by a member of the group `g` that calls itself so. */
async function storing(broker: Broker, [who, generation, holder]: Call): Promise<void> {
  const member = named(await joined(broker), who, generation)
  const producer = await broker.openProducer(holder === 'an at-least-once producer' ? {} : { transactionalId: 'p' })
  await producer.send(PARTITION.topic, PARTITION.partition, batchOf('with the offsets'))
  if (holder === 'a fenced holder') await broker.openProducer({ transactionalId: 'p' })
  await stored(producer, member)
}

async function stored(producer: Producer, member: GroupMember): Promise<void> {
  await producer.sendOffsets(member, OFFSETS)
  await producer.commit()
}

function named(member: GroupMember, who: Call[0], generation: Call[1]): GroupMember {
  const memberId = who === 'its own member id' ? member.memberId : who === 'an unknown member id' ? 'somebody' : ''
  const distance = generation === 'the generation' ? 0 : generation === 'a former generation' ? -1 : 1
  return { ...member, memberId, generation: member.generation + distance }
}

function joining(member: GroupMember): JoinRequest {
  return { ...member, metadata: Buffer.of(1), sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000 }
}

/** A group of one, in its second generation. */
async function joined(broker: Broker): Promise<GroupMember> {
  let member: GroupMember = { groupId: 'g', memberId: '', generation: -1 }
  for (const _ of [1, 2]) {
    const { memberId, generation } = await broker.groups.join(joining(member))
    member = { groupId: 'g', memberId, generation }
    await broker.groups.sync({ ...member, assignments: new Map() })
  }
  return member
}
