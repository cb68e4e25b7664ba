import { describe, expect, it } from 'vitest'
import { assignTasks, type MemberState } from './assign-tasks.ts'

const TASKS = Array.from({ length: 12 }, (_, at) => `${at % 3}_${Math.floor(at / 3)}`)
const member = (memberId: string, held: readonly string[] = []): MemberState => ({ memberId, held })

/** Assigns again and again, each member holding what it was given, until nothing changes. */
function settle(members: readonly MemberState[]): { readonly members: readonly MemberState[]; readonly rounds: number } {
  let current = members
  for (let rounds = 0; ; rounds++) {
    const shares = assignTasks(current, TASKS)
    const next = current.map(({ memberId }) => member(memberId, shares.get(memberId) ?? []))
    if (JSON.stringify(next) === JSON.stringify(current)) return { members: next, rounds }
    current = next
  }
}

const heldBy = (members: readonly MemberState[], memberId: string): readonly string[] =>
  members.find((one) => one.memberId === memberId)?.held ?? []

describe('an assignment', () => {
  it('gives every task to one member, in shares that differ by one at most', () => {
    for (let count = 1; count <= 13; count++) {
      const { members } = settle(Array.from({ length: count }, (_, at) => member(`m${at}`)))
      expect(members.flatMap(({ held }) => held).toSorted()).toEqual(TASKS.toSorted())
      const sizes = members.map(({ held }) => held.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  it('leaves a task that moves with nobody until its holder has given it up', () => {
    const shares = assignTasks([member('a', TASKS), member('b')], TASKS)
    expect(shares.get('b')).toEqual([])
    expect(shares.get('a')?.length).toBe(6)
    const next = assignTasks([member('a', shares.get('a')), member('b')], TASKS)
    expect(next.get('a')).toEqual(shares.get('a'))
    expect(next.get('b')?.length).toBe(6)
  })

  it('moves no more than balance asks for when a member comes, and only the lost ones when one goes', () => {
    const two = settle([member('a'), member('b')]).members
    const three = settle([...two, member('c')]).members
    for (const name of ['a', 'b']) expect(heldBy(two, name)).toEqual(expect.arrayContaining([...heldBy(three, name)]))
    const left = settle(three.filter(({ memberId }) => memberId !== 'c')).members
    for (const name of ['a', 'b']) expect(heldBy(left, name)).toEqual(expect.arrayContaining([...heldBy(three, name)]))
  })

  it('is at rest after two rounds', () => {
    expect(settle([member('a', TASKS), member('b'), member('c')]).rounds).toBeLessThanOrEqual(2)
  })

  it('gives everyone something of each sub-topology', () => {
    for (const { held } of settle([member('a'), member('b'), member('c')]).members) {
      expect(new Set(held.map((task) => task.split('_')[0])).size).toBe(3)
    }
  })

  it('does not depend on the order of the members', () => {
    const members = [member('a', TASKS.slice(0, 5)), member('b', TASKS.slice(5, 6)), member('c')]
    const sorted = (shares: ReadonlyMap<string, readonly string[]>) => [...shares].toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(sorted(assignTasks(members.toReversed(), TASKS))).toEqual(sorted(assignTasks(members, TASKS)))
  })

  it('believes one of two members that say they hold the same task', () => {
    const { members } = settle([member('a', TASKS), member('b', TASKS)])
    expect(members.flatMap(({ held }) => held).toSorted()).toEqual(TASKS.toSorted())
  })

  it('passes over held tasks that are not there any more', () => {
    expect(assignTasks([member('a', ['9_9'])], TASKS).get('a')).toEqual(TASKS)
    expect(assignTasks([], TASKS).size).toBe(0)
  })
})
