import { describe, expect, it } from 'vitest'
import { assignStandbys } from './assign-standbys.ts'
import { assignTasks, type MemberState } from './assign-tasks.ts'

const TASKS = Array.from({ length: 12 }, (_, at) => `${at % 3}_${Math.floor(at / 3)}`)
const member = (memberId: string, held: readonly string[] = [], standing: readonly string[] = []): MemberState => ({
  memberId,
  held,
  standing,
})
const THREE = ['a', 'b', 'c'].map((id, at) => member(id, TASKS.slice(at * 4, at * 4 + 4)))

function standbysOf(members: readonly MemberState[], count: number): ReadonlyMap<string, readonly string[]> {
  return assignStandbys(members, TASKS, assignTasks(members, TASKS, true), count)
}

describe('Standbys', () => {
  it.each([1, 2])('are %d for each task, on others than the task is on, and spread about evenly', (count) => {
    const standbys = standbysOf(THREE, count)
    expect([...standbys.values()].flat().toSorted()).toEqual(TASKS.flatMap((task) => Array.from({ length: count }, () => task)).toSorted())
    for (const { memberId, held } of THREE) {
      expect(Math.abs((standbys.get(memberId)?.length ?? 0) - 4 * count)).toBeLessThanOrEqual(1)
      expect(standbys.get(memberId)?.filter((task) => held.includes(task))).toEqual([])
    }
  })

  it('are no more than there are others', () => {
    expect([...standbysOf(THREE, 5).values()].flat().length).toBe(24)
    expect(standbysOf([member('a', TASKS)], 1).get('a')).toEqual([])
    expect([...standbysOf(THREE, 0).values()].flat()).toEqual([])
  })

  it('stay where they are', () => {
    const before = standbysOf(THREE, 1)
    const again = THREE.map(({ memberId, held }) => member(memberId, held, before.get(memberId)))
    expect(standbysOf(again.toReversed(), 1)).toEqual(new Map([...before].toReversed()))
  })

  it('come to who has none, and nobody gives his up before the new one is up to date', () => {
    const [a, b, c] = THREE
    if (a === undefined || b === undefined || c === undefined) throw new RangeError('three are expected')
    const away = standbysOf([a, c], 1)
    const copiesOf = (memberId: string): readonly string[] => away.get(memberId) ?? []
    const returned = [member('a', a.held, copiesOf('a')), b, member('c', c.held, copiesOf('c'))]
    const meanwhile = standbysOf(returned, 1)
    expect(meanwhile.get('b')?.length).toBe(4)
    for (const { memberId, standing } of returned) expect(meanwhile.get(memberId)).toEqual(expect.arrayContaining([...standing]))
    const caughtUp = returned.map(({ memberId, held }) => member(memberId, held, meanwhile.get(memberId)))
    const after = standbysOf(caughtUp, 1)
    expect([...after.values()].map((copies) => copies.length)).toEqual([4, 4, 4])
    expect(after.get('b')?.toSorted()).toEqual(meanwhile.get('b')?.toSorted())
    expect(standbysOf(caughtUp, 1)).toEqual(after)
  })

  it('warm up where a task is to go', () => {
    const members = [member('a', TASKS), member('b')]
    const shares = assignTasks(members, TASKS, true)
    const standbys = standbysOf(members, 1)
    expect(standbys.get('b')).toEqual(expect.arrayContaining([...(shares.get('b')?.warming ?? [])]))
    expect(standbys.get('b')?.toSorted()).toEqual(TASKS.toSorted())
  })
})
