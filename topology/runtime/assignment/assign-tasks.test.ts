import { describe, expect, it } from 'vitest'
import { assignTasks, type MemberState, type Share } from './assign-tasks.ts'

const TASKS = Array.from({ length: 12 }, (_, at) => `${at % 3}_${Math.floor(at / 3)}`)
const member = (memberId: string, owned: readonly string[] = []): MemberState => ({ memberId, owned, caughtUp: [] })

/** Rebalances, each member owning what it was assigned, until nothing changes. */
function stabilize(members: readonly MemberState[]): { readonly members: readonly MemberState[]; readonly rounds: number } {
  let current = members
  for (let rounds = 0; ; rounds++) {
    const shares = assignTasks(current, TASKS)
    const next = current.map(({ memberId }) => member(memberId, shares.get(memberId)?.active ?? []))
    if (JSON.stringify(next) === JSON.stringify(current)) return { members: next, rounds }
    current = next
  }
}

const ownedBy = (members: readonly MemberState[], memberId: string): readonly string[] =>
  members.find((candidate) => candidate.memberId === memberId)?.owned ?? []

describe('An assignment', () => {
  it('gives every task to one member, in shares that differ by one at most', () => {
    for (let count = 1; count <= 13; count++) {
      const { members } = stabilize(Array.from({ length: count }, (_, at) => member(`m${at}`)))
      expect(members.flatMap(({ owned }) => owned).toSorted()).toEqual(TASKS.toSorted())
      const sizes = members.map(({ owned }) => owned.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  it('leaves a task that moves unassigned until its owner has revoked it', () => {
    const shares = assignTasks([member('a', TASKS), member('b')], TASKS)
    expect(shares.get('b')?.active).toEqual([])
    expect(shares.get('a')?.active.length).toBe(6)
    const next = assignTasks([member('a', shares.get('a')?.active), member('b')], TASKS)
    expect(next.get('a')).toEqual(shares.get('a'))
    expect(next.get('b')?.active.length).toBe(6)
  })

  it('moves no more than balance requires when a member joins, and only the orphaned tasks when one leaves', () => {
    const two = stabilize([member('a'), member('b')]).members
    const three = stabilize([...two, member('c')]).members
    for (const name of ['a', 'b']) expect(ownedBy(two, name)).toEqual(expect.arrayContaining([...ownedBy(three, name)]))
    const left = stabilize(three.filter(({ memberId }) => memberId !== 'c')).members
    for (const name of ['a', 'b']) expect(ownedBy(left, name)).toEqual(expect.arrayContaining([...ownedBy(three, name)]))
  })

  it('is stable after two rebalances', () => {
    expect(stabilize([member('a', TASKS), member('b'), member('c')]).rounds).toBeLessThanOrEqual(2)
  })

  it('gives each member tasks of every sub-topology', () => {
    for (const { owned } of stabilize([member('a'), member('b'), member('c')]).members) {
      expect(new Set(owned.map((task) => task.split('_')[0])).size).toBe(3)
    }
  })

  it('does not depend on the order of the members', () => {
    const members = [member('a', TASKS.slice(0, 5)), member('b', TASKS.slice(5, 6)), member('c')]
    const sorted = (shares: ReadonlyMap<string, Share>) => [...shares].toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(sorted(assignTasks(members.toReversed(), TASKS))).toEqual(sorted(assignTasks(members, TASKS)))
  })

  it('recognizes one owner when two members claim the same task', () => {
    const { members } = stabilize([member('a', TASKS), member('b', TASKS)])
    expect(members.flatMap(({ owned }) => owned).toSorted()).toEqual(TASKS.toSorted())
  })

  it('ignores owned tasks that no longer exist', () => {
    expect(assignTasks([member('a', ['9_9'])], TASKS).get('a')?.active).toEqual(TASKS)
    expect(assignTasks([], TASKS).size).toBe(0)
  })

  it('gives the tasks of a member that has left to members with caught-up standbys of them', () => {
    const lost = TASKS.slice(6)
    const members = [
      { ...member('a', TASKS.slice(0, 3)), caughtUp: lost.slice(3) },
      { ...member('b', TASKS.slice(3, 6)), caughtUp: lost.slice(0, 3) },
    ]
    const shares = assignTasks(members, TASKS)
    expect(shares.get('a')?.active.toSorted()).toEqual([...TASKS.slice(0, 3), ...lost.slice(3)].toSorted())
    expect(shares.get('b')?.active.toSorted()).toEqual([...TASKS.slice(3, 6), ...lost.slice(0, 3)].toSorted())
  })

  it('gives an orphaned task to a member with a caught-up standby if there is one, and is balanced once the standbys exist', () => {
    let random = 7
    const randomBelow = (below: number): number => (random = (random * 48_271) % 0x7fffffff) % below
    for (let times = 0; times < 300; times++) {
      const count = 2 + randomBelow(4)
      const names = Array.from({ length: count }, (_, at) => `m${at}`)
      const ownerIndexes = new Map(TASKS.map((task) => [task, randomBelow(count + 1)]))
      let members = names.map((name, at): MemberState => ({
        ...member(
          name,
          TASKS.filter((task) => ownerIndexes.get(task) === at),
        ),
        caughtUp: TASKS.filter((task) => ownerIndexes.get(task) !== at && randomBelow(3) === 0),
      }))
      for (let round = 0; ; round++) {
        const shares = assignTasks(members, TASKS, true)
        for (const task of TASKS) {
          const owner = members.find(({ memberId }) => shares.get(memberId)?.active.includes(task))
          const isFree = members.every(({ owned }) => !owned.includes(task))
          if (isFree && members.some(({ caughtUp }) => caughtUp.includes(task))) expect(owner?.caughtUp).toContain(task)
        }
        const next = members.map(({ memberId, owned, caughtUp }) => {
          const { active = [], warmups = [] } = shares.get(memberId) ?? {}
          const copies = new Set([...caughtUp, ...warmups, ...owned])
          return { ...member(memberId, active), caughtUp: [...copies].filter((task) => !active.includes(task)) }
        })
        if (JSON.stringify(next) === JSON.stringify(members)) break
        expect(round).toBeLessThan(12)
        members = next
      }
      const sizes = members.map(({ owned }) => owned.length)
      expect(sizes.reduce((sum, size) => sum + size)).toBe(TASKS.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  it('leaves a task with its owner until its warm-up has caught up', () => {
    const first = assignTasks([member('a', TASKS), member('b')], TASKS, true)
    expect(first.get('a')?.active.toSorted()).toEqual(TASKS.toSorted())
    const warmups = first.get('b')?.warmups ?? []
    expect(warmups.length).toBe(6)
    const warm = { ...member('b'), caughtUp: warmups }
    const second = assignTasks([member('a', TASKS), warm], TASKS, true)
    expect(second.get('a')?.active.toSorted()).toEqual(TASKS.filter((task) => !warmups.includes(task)).toSorted())
    const third = assignTasks([member('a', second.get('a')?.active), warm], TASKS, true)
    expect(third.get('b')).toEqual({ active: warmups, warmups: [] })
  })
})
