import { beforeEach, describe, expect, it } from 'vitest'
import type { Broker, GroupMember, JoinAnswer, JoinRequest, TopicPartition } from '../broker.ts'
import { FatalBrokerError, FencedError, RebalanceInProgressError, UnknownMemberError } from '../errors.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { isDone } from './is-done.ts'
import { outsider } from './outsider.ts'
import { batchOf, valuesOf } from './records.ts'

const T0: TopicPartition = { topic: 'orders', partition: 0 }
const T1: TopicPartition = { topic: 'orders', partition: 1 }
const PROTOCOL = { type: 'contract', name: 'plain' }
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Groups distribute assignments among members and keep committed offsets. */
export function describeGroups(underTest: () => BrokerUnderTest): void {
  let broker: Broker

  beforeEach(() => {
    broker = underTest().broker
  })

  describe('committed offsets', () => {
    it('are stored with the records or not at all', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.send('orders', 0, batchOf('a'))
      await producer.sendOffsets(outsider('g'), [{ ...T1, offset: 7 }])
      await producer.commit()
      await producer.send('orders', 0, batchOf('b'))
      await producer.sendOffsets(outsider('g'), [{ ...T1, offset: 8 }])
      await producer.abort()
      expect(await broker.groups.committedOffsets('g', [T0, T1])).toEqual([{ ...T1, offset: 7 }])
      expect(await valuesOf(broker, T0)).toEqual(['a'])
    })

    it('20.B5 come back with the text that was stored with them, and without the text of an earlier offset', async () => {
      for (const transactionalId of ['p', undefined]) {
        const producer = await broker.openProducer({ ...(transactionalId !== undefined && { transactionalId }) })
        await producer.sendOffsets(outsider('g'), [
          { ...T0, offset: 1, metadata: 'AQAAAAAAAAAH' },
          { ...T1, offset: 2 },
        ])
        await producer.commit()
        const [first, second] = await broker.groups.committedOffsets('g', [T0, T1])
        expect([first?.metadata, second?.metadata]).toEqual(['AQAAAAAAAAAH', undefined])
        await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
        await producer.commit()
        expect(await broker.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 3 }])
        await producer.close()
      }
    })

    it('are returned only once no open transaction has offsets of the partition', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
      const offsets = broker.groups.committedOffsets('g', [T0])
      expect(await broker.groups.committedOffsets('g', [T1])).toEqual([])
      expect(await isDone(underTest(), offsets)).toBe(false)
      await producer.commit()
      expect(await offsets).toEqual([{ ...T0, offset: 3 }])
    })

    it('20.A2 are returned at once, as they are so far, to a reader that requires no stable ones', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
      await producer.commit()
      await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 4 }])
      expect(await broker.groups.committedOffsets('g', [T0, T1], { requireStable: false })).toEqual([{ ...T0, offset: 3 }])
      await producer.commit()
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 4 }])
    })

    it('become stable when the transactional id of the open transaction is opened again', async () => {
      const old = await broker.openProducer({ transactionalId: 'p' })
      await old.sendOffsets(outsider('g'), [{ ...T0, offset: 3 }])
      await broker.openProducer({ transactionalId: 'p' })
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([])
    })

    it('20.C10 keep their metadata, and can be read as they are while a transaction changes them', async () => {
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 3, metadata: 'first' }])
      expect(await broker.groups.committedOffsets('g', [T0], { requireStable: false })).toEqual([])
      await producer.commit()
      expect(await broker.groups.committedOffsets('g', [T0], { requireStable: false })).toMatchObject([
        { ...T0, offset: 3, metadata: 'first' },
      ])
      await producer.sendOffsets(outsider('g'), [{ ...T0, offset: 4 }])
      expect(await broker.groups.committedOffsets('g', [T0], { requireStable: false })).toMatchObject([
        { ...T0, offset: 3, metadata: 'first' },
      ])
      await producer.commit()
      expect(await broker.groups.committedOffsets('g', [T0], { requireStable: false })).toEqual([{ ...T0, offset: 4, metadata: undefined }])
      const plain = await broker.openProducer({})
      await plain.sendOffsets(outsider('g'), [{ ...T0, offset: 5, metadata: 'plain' }])
      await plain.commit()
      expect(await broker.groups.committedOffsets('g', [T0], { requireStable: false })).toMatchObject([
        { ...T0, offset: 5, metadata: 'plain' },
      ])
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 5, metadata: 'plain' }])
    })

    it('can be set from outside while the group has no members', async () => {
      await broker.admin.alterOffsets('g', [{ ...T0, offset: 4 }])
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual([{ ...T0, offset: 4 }])
      await broker.groups.join(joinRequest())
      await expect(broker.admin.alterOffsets('g', [{ ...T0, offset: 5 }])).rejects.toBeInstanceOf(FatalBrokerError)
    })
  })

  describe('groups', () => {
    it('have one leader, which gets all members and distributes the assignments', async () => {
      const { leader, follower } = await twoMembers()
      expect(leader.members.map(({ metadata }) => Buffer.from(metadata).toString()).sort()).toEqual(['m1', 'm2'])
      expect(follower.members).toEqual([])
      expect(leader.generation).toBe(follower.generation)
      expect(follower.leaderId).toBe(leader.memberId)
      const own = await assign(leader, follower)
      expect(own.map(text)).toEqual(['for leader', 'for follower'])
      expect(text(await broker.groups.sync({ ...member(follower), assignments: new Map() }))).toBe('for follower')
    })

    it('announce a rebalance to their members by heartbeat', async () => {
      const first = await broker.groups.join(joinRequest())
      await broker.groups.sync({ ...member(first), assignments: new Map() })
      await broker.groups.heartbeat(member(first))
      const joining = broker.groups.join(joinRequest({ metadata: bytes('m2') }))
      expect(await isDone(underTest(), joining)).toBe(false)
      await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(RebalanceInProgressError)
      await expect(broker.groups.sync({ ...member(first), assignments: new Map() })).rejects.toBeInstanceOf(RebalanceInProgressError)
      const again = await broker.groups.join(joinRequest({ memberId: first.memberId }))
      expect((await joining).generation).toBe(again.generation)
      expect(again.generation).toBeGreaterThan(first.generation)
    })

    it('reject an old generation as fenced and a foreign member as unknown, in every call', async () => {
      const { leader, follower } = await twoMembers()
      await assign(leader, follower)
      const producer = await broker.openProducer({ transactionalId: 'p' })
      const offsets = [{ ...T0, offset: 1 }]
      const old = { ...member(leader), generation: leader.generation - 1 }
      const foreign = { ...member(leader), memberId: 'unknown' }
      await expect(broker.groups.heartbeat(old)).rejects.toBeInstanceOf(FencedError)
      await expect(broker.groups.sync({ ...old, assignments: new Map() })).rejects.toBeInstanceOf(FencedError)
      await expect(producer.sendOffsets(old, offsets)).rejects.toBeInstanceOf(FencedError)
      await expect(broker.groups.heartbeat(foreign)).rejects.toBeInstanceOf(UnknownMemberError)
      await expect(broker.groups.sync({ ...foreign, assignments: new Map() })).rejects.toBeInstanceOf(UnknownMemberError)
      await expect(broker.groups.join(joinRequest({ memberId: 'unknown' }))).rejects.toBeInstanceOf(UnknownMemberError)
      const other = await broker.openProducer({ transactionalId: 'q' })
      await expect(other.sendOffsets(foreign, offsets)).rejects.toBeInstanceOf(UnknownMemberError)
      const third = await broker.openProducer({ transactionalId: 'r' })
      await third.sendOffsets(member(follower), offsets)
      await third.commit()
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual(offsets)
    })

    it('continue without a member that has left', async () => {
      const { leader, follower } = await twoMembers()
      await assign(leader, follower)
      await broker.groups.leave('g', leader.memberId)
      await expect(broker.groups.heartbeat(member(follower))).rejects.toBeInstanceOf(RebalanceInProgressError)
      const alone = await broker.groups.join(joinRequest({ memberId: follower.memberId }))
      expect(alone.leaderId).toBe(follower.memberId)
      expect(alone.members.length).toBe(1)
      await expect(broker.groups.heartbeat(member(leader))).rejects.toBeInstanceOf(UnknownMemberError)
    })

    it('remove a member whose session expired, and only that one', async () => {
      const { leader, follower } = await twoMembers()
      await assign(leader, follower)
      for (let i = 0; i < 6; i++) {
        await underTest().advance(1_500)
        await broker.groups.heartbeat(member(follower)).catch((error: unknown) => {
          if (!(error instanceof RebalanceInProgressError)) throw error
        })
      }
      await expect(broker.groups.heartbeat(member(leader))).rejects.toBeInstanceOf(UnknownMemberError)
      const alone = await broker.groups.join(joinRequest({ memberId: follower.memberId }))
      expect(alone.members.length).toBe(1)
    })

    it('wait no longer than the rebalance time-out for a member that sends heartbeats but does not join', async () => {
      const first = await broker.groups.join(joinRequest())
      await broker.groups.sync({ ...member(first), assignments: new Map() })
      const joining = broker.groups.join(joinRequest({ metadata: bytes('m2') }))
      for (let i = 0; i < 8; i++) {
        await underTest().advance(1_500)
        await broker.groups.heartbeat(member(first)).catch(() => undefined)
      }
      expect((await joining).members.length).toBe(1)
      await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(UnknownMemberError)
    })

    it('keep a returning static member’s assignment without a rebalance, and fence its earlier self', async () => {
      const first = await broker.groups.join(joinRequest({ instanceId: 'i1' }))
      await broker.groups.sync({ ...member(first), assignments: new Map([[first.memberId, bytes('mine')]]) })
      const back = await broker.groups.join(joinRequest({ instanceId: 'i1', metadata: bytes('new') }))
      expect(back.generation).toBe(first.generation)
      expect(back.memberId).not.toBe(first.memberId)
      expect(text(await broker.groups.sync({ ...member(back), assignments: new Map() }))).toBe('mine')
      await expect(broker.groups.heartbeat(member(first))).rejects.toBeInstanceOf(FencedError)
      const producer = await broker.openProducer({ transactionalId: 'p' })
      await expect(producer.sendOffsets(member(first), [{ ...T0, offset: 1 }])).rejects.toBeInstanceOf(FencedError)
    })

    it.each([
      { what: 'type', protocol: { type: 'before', name: PROTOCOL.name } },
      { what: 'name', protocol: { type: PROTOCOL.type, name: 'before' } },
    ])('20.C11 reject a member of another protocol $what while they have members, and lose nothing', async ({ protocol }) => {
      const offsets = [{ ...T0, offset: 4 }]
      await broker.admin.alterOffsets('g', offsets)
      const first = await broker.groups.join(joinRequest())
      await broker.groups.sync({ ...member(first), assignments: new Map([[first.memberId, bytes('mine')]]) })
      for (const instanceId of [undefined, 'i1']) {
        const foreign = joinRequest({ protocol, ...(instanceId !== undefined && { instanceId }) })
        const error: unknown = await broker.groups.join(foreign).catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(FatalBrokerError)
        expect(String(error)).toMatch(/INCONSISTENT_GROUP_PROTOCOL.*Stop all instances of the version before/)
      }
      await broker.groups.heartbeat(member(first))
      expect(text(await broker.groups.sync({ ...member(first), assignments: new Map() }))).toBe('mine')
      await broker.groups.leave('g', first.memberId)
      const next = await broker.groups.join(joinRequest({ protocol }))
      expect(next.members.length).toBe(1)
      expect(await broker.groups.committedOffsets('g', [T0])).toEqual(offsets)
    })

    it('return all assignments to a caller outside, once the rebalance is complete', async () => {
      expect(await broker.groups.assignments('unknown')).toEqual(new Map())
      const { leader, follower } = await twoMembers()
      expect(await broker.groups.assignments('g')).toBeUndefined()
      await assign(leader, follower)
      const assigned = await broker.groups.assignments('g')
      expect([...(assigned?.keys() ?? [])].sort()).toEqual([leader.memberId, follower.memberId].sort())
      expect(text(assigned?.get(follower.memberId) ?? bytes('none'))).toBe('for follower')
    })

    describe('20.C16 a static member of another client', () => {
      const two = async (): Promise<{ gone: JoinAnswer; stays: JoinAnswer }> => {
        const first = await broker.groups.join(joinRequest({ instanceId: 'gone', metadata: bytes('of gone') }))
        const joining = broker.groups.join(joinRequest({ instanceId: 'stays', metadata: bytes('of stays') }))
        await isDone(underTest(), joining)
        const gone = await broker.groups.join(joinRequest({ instanceId: 'gone', memberId: first.memberId, metadata: bytes('of gone') }))
        const stays = await joining
        const [leader, follower] = gone.leaderId === gone.memberId ? [gone, stays] : [stays, gone]
        await assign(leader, follower)
        return { gone, stays }
      }
      const named = ({ memberId }: JoinAnswer, instanceId = 'gone') => ({ memberId, instanceId })

      it('is removed by its instance id and member id, and the others rebalance', async () => {
        const { gone, stays } = await two()
        await broker.groups.remove('g', named(gone))
        await expect(broker.groups.heartbeat(member(gone))).rejects.toBeInstanceOf(UnknownMemberError)
        await expect(broker.groups.heartbeat(member(stays))).rejects.toBeInstanceOf(RebalanceInProgressError)
        const alone = await broker.groups.join(joinRequest({ instanceId: 'stays', memberId: stays.memberId }))
        expect(alone.members.map(({ instanceId }) => instanceId)).toEqual(['stays'])
      })

      it('stays when it has come back under another member id, with its assignment and generation', async () => {
        const { gone, stays } = await two()
        const back = await broker.groups.join(joinRequest({ instanceId: 'gone', metadata: bytes('of gone') }))
        await expect(broker.groups.remove('g', named(gone))).rejects.toBeInstanceOf(FencedError)
        await broker.groups.heartbeat(member(back))
        await broker.groups.heartbeat(member(stays))
        expect(back.generation).toBe(gone.generation)
      })

      it('is unknown when it has left, or never was, and then nothing else is removed', async () => {
        const { gone, stays } = await two()
        await expect(broker.groups.remove('g', named(gone, 'another'))).rejects.toBeInstanceOf(UnknownMemberError)
        await expect(broker.groups.remove('g', named(gone, 'stays'))).rejects.toBeInstanceOf(FencedError)
        await broker.groups.heartbeat(member(gone))
        await broker.groups.heartbeat(member(stays))
        await broker.groups.remove('g', named(gone))
        await expect(broker.groups.remove('g', named(gone))).rejects.toBeInstanceOf(UnknownMemberError)
      })

      it('is described with its instance id, and while the group is stable with what it announced', async () => {
        const { gone, stays } = await two()
        const described = async () =>
          (await broker.groups.members('g')).map(({ instanceId, memberId, metadata }) => [instanceId, memberId, text(metadata)]).toSorted()
        expect(await described()).toEqual([
          ['gone', gone.memberId, 'of gone'],
          ['stays', stays.memberId, 'of stays'],
        ])
        await broker.groups.remove('g', named(gone))
        expect(await described()).toEqual([['stays', stays.memberId, '']])
        expect(await broker.groups.members('unknown')).toEqual([])
      })
    })

    it('bring three members that join at once into one generation', async () => {
      const joins = [1, 2, 3].map((number) => stayJoined(`m${number}`))
      const answers = await Promise.all(joins)
      expect(new Set(answers.map(({ generation }) => generation)).size).toBe(1)
      expect(answers.filter(({ leaderId, memberId }) => leaderId === memberId).length).toBe(1)
    })
  })

  async function twoMembers(): Promise<{ leader: JoinAnswer; follower: JoinAnswer }> {
    const answers = await Promise.all([stayJoined('m1'), stayJoined('m2')])
    const leader = answers.find(({ leaderId, memberId }) => leaderId === memberId)
    const follower = answers.find((answer) => answer !== leader)
    if (leader === undefined || follower === undefined) throw new Error('the group has no leader')
    return { leader, follower }
  }

  /** Joins until this member is in the group's current generation, like the loop of a client. */
  async function stayJoined(metadata: string): Promise<JoinAnswer> {
    let answer = await broker.groups.join(joinRequest({ metadata: bytes(metadata) }))
    for (;;) {
      await underTest().advance(10)
      try {
        await broker.groups.heartbeat(member(answer))
        return answer
      } catch (error) {
        if (!(error instanceof RebalanceInProgressError || error instanceof FencedError)) throw error
        answer = await broker.groups.join(joinRequest({ memberId: answer.memberId, metadata: bytes(metadata) }))
      }
    }
  }

  function assign(leader: JoinAnswer, follower: JoinAnswer): Promise<Uint8Array[]> {
    const assignments = new Map([
      [leader.memberId, bytes('for leader')],
      [follower.memberId, bytes('for follower')],
    ])
    return Promise.all([
      broker.groups.sync({ ...member(leader), assignments }),
      broker.groups.sync({ ...member(follower), assignments: new Map() }),
    ])
  }
}

function joinRequest(change: Partial<JoinRequest> = {}): JoinRequest {
  return {
    groupId: 'g',
    memberId: '',
    protocol: PROTOCOL,
    metadata: bytes('m1'),
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
    ...change,
  }
}

function member({ memberId, generation }: JoinAnswer): GroupMember {
  return { groupId: 'g', memberId, generation }
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8')
}
