import { describe, expect, it } from 'vitest'
import { RetriableBrokerError, UnknownMemberError, type GroupCoordinator, type JoinAnswer } from '../../broker/index.ts'
import { TaskMigratedError } from '../../errors.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { encodeAssignment } from '../assignment/index.ts'
import { Membership } from './membership.ts'

/** A member whose JoinGroup requests the test answers. */
function opened() {
  const joins: { answer(generation: number): void; fail(error: Error): void }[] = []
  const groups: Partial<GroupCoordinator> = {
    join: () =>
      new Promise<JoinAnswer>((resolve, reject) => {
        joins.push({ answer: (generation) => resolve({ memberId: 'm', generation, leaderId: 'another', members: [] }), fail: reject })
      }),
    sync: async () =>
      encodeAssignment({ generation: 1, topology: 't', active: [], standby: [], warmups: [], needsFollowUp: false, owners: [] }, []),
    heartbeat: async () => undefined,
    keepAlive: async () => undefined,
    release: async () => undefined,
  }
  const ports = manualPorts()
  const membership = new Membership({
    groupId: 'g',
    groups: groups as GroupCoordinator,
    ports,
    sessionTimeoutMs: 8_000,
    heartbeatIntervalMs: 1_000,
    maxPollIntervalMs: 60_000,
    standbys: 0,
  })
  const joined = async (generation: number): Promise<void> => {
    joins.at(-1)?.answer(generation)
    await ports.advance(0)
  }
  const rejoin = async (): Promise<void> => {
    membership.rejoin()
    await ports.advance(1_000)
  }
  membership.start({
    allTasks: () => [],
    sourceTopics: () => [],
    partitionsOf: () => [],
    subscription: () => ({
      instanceId: 'one',
      owned: [],
      caughtUp: [],
      topology: { digest: 't', subtopologies: [], repartitions: [] },
    }),
    onRebalance: () => undefined,
    onAssignment: async () => false,
    onLost: async () => undefined,
    onReplaced: () => undefined,
    onFatal: () => undefined,
  })
  return { membership, joins, joined, rejoin, ports }
}

describe('The member of the next generation', () => {
  it('is known when its join has been answered', async () => {
    const { membership, joined, rejoin } = opened()
    await joined(7)
    await rejoin()
    const next = membership.memberAfter(7)
    await joined(8)
    expect(await next).toEqual({ groupId: 'g', memberId: 'm', generation: 8 })
    expect(await membership.memberAfter(7)).toEqual(await next)
  })

  it('is awaited while a join is retried', async () => {
    const { membership, joins, joined, rejoin, ports } = opened()
    await joined(7)
    await rejoin()
    const next = membership.memberAfter(7)
    joins.at(-1)?.fail(new RetriableBrokerError('busy'))
    await ports.advance(500)
    await joined(9)
    expect((await next).generation).toBe(9)
  })

  it('does not exist when this instance does not join: the group has rebalanced without it', async () => {
    const { membership, joined } = opened()
    await joined(7)
    await expect(membership.memberAfter(7)).rejects.toBeInstanceOf(TaskMigratedError)
  })

  it.each(['removed', 'stopped'] as const)('does not exist when this instance is %s meanwhile', async (end) => {
    const { membership, joins, joined, rejoin } = opened()
    await joined(7)
    await rejoin()
    const next = membership.memberAfter(7)
    if (end === 'removed') joins.at(-1)?.fail(new UnknownMemberError('gone'))
    else membership.abandon()
    await expect(next).rejects.toBeInstanceOf(TaskMigratedError)
  })
})
