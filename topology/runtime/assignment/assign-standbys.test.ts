import { describe, expect, it } from 'vitest'
import { assignStandbys } from './assign-standbys.ts'
import { assignTasks, type MemberState } from './assign-tasks.ts'

const TASKS = Array.from({ length: 12 }, (_, at) => `${at % 3}_${Math.floor(at / 3)}`)
const member = (memberId: string, owned: readonly string[] = [], caughtUp: readonly string[] = []): MemberState => ({
  memberId,
  owned,
  caughtUp,
})
const THREE = ['a', 'b', 'c'].map((id, at) => member(id, TASKS.slice(at * 4, at * 4 + 4)))

function standbysOf(members: readonly MemberState[], count: number): ReadonlyMap<string, readonly string[]> {
  return assignStandbys(members, TASKS, assignTasks(members, TASKS, true), count)
}

describe('Standbys', () => {
  it.each([1, 2])('are %d per task, not on its owner, and spread evenly', (count) => {
    const standbys = standbysOf(THREE, count)
    expect([...standbys.values()].flat().toSorted()).toEqual(TASKS.flatMap((task) => Array.from({ length: count }, () => task)).toSorted())
    for (const { memberId, owned } of THREE) {
      expect(Math.abs((standbys.get(memberId)?.length ?? 0) - 4 * count)).toBeLessThanOrEqual(1)
      expect(standbys.get(memberId)?.filter((task) => owned.includes(task))).toEqual([])
    }
  })

  it('number at most one per other member', () => {
    expect([...standbysOf(THREE, 5).values()].flat().length).toBe(24)
    expect(standbysOf([member('a', TASKS)], 1).get('a')).toEqual([])
    expect([...standbysOf(THREE, 0).values()].flat()).toEqual([])
  })

  it('stay with their members', () => {
    const before = standbysOf(THREE, 1)
    const again = THREE.map(({ memberId, owned }) => member(memberId, owned, before.get(memberId)))
    expect(standbysOf(again.toReversed(), 1)).toEqual(new Map([...before].toReversed()))
  })

  it('move to a member that has none, and none is dropped before its replacement has caught up', () => {
    const [a, b, c] = THREE
    if (a === undefined || b === undefined || c === undefined) throw new RangeError('expected three members')
    const away = standbysOf([a, c], 1)
    const copiesOf = (memberId: string): readonly string[] => away.get(memberId) ?? []
    const returned = [member('a', a.owned, copiesOf('a')), b, member('c', c.owned, copiesOf('c'))]
    const meanwhile = standbysOf(returned, 1)
    expect(meanwhile.get('b')?.length).toBe(4)
    for (const { memberId, caughtUp } of returned) expect(meanwhile.get(memberId)).toEqual(expect.arrayContaining([...caughtUp]))
    const copied = returned.map(({ memberId, owned }) => member(memberId, owned, meanwhile.get(memberId)))
    const after = standbysOf(copied, 1)
    expect([...after.values()].map((copies) => copies.length)).toEqual([4, 4, 4])
    expect(after.get('b')?.toSorted()).toEqual(meanwhile.get('b')?.toSorted())
    expect(standbysOf(copied, 1)).toEqual(after)
  })

  it('include the warm-ups of tasks that move', () => {
    const members = [member('a', TASKS), member('b')]
    const shares = assignTasks(members, TASKS, true)
    const standbys = standbysOf(members, 1)
    expect(standbys.get('b')).toEqual(expect.arrayContaining([...(shares.get('b')?.warmups ?? [])]))
    expect(standbys.get('b')?.toSorted()).toEqual(TASKS.toSorted())
  })
})
