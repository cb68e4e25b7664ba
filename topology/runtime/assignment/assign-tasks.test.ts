import { describe, expect, it } from 'vitest'
import { assignTasks, type MemberState, type Share } from './assign-tasks.ts'

const TASKS = Array.from({ length: 12 }, (_, at) => `${at % 3}_${Math.floor(at / 3)}`)
const member = (memberId: string, held: readonly string[] = []): MemberState => ({ memberId, held, standing: [] })

/** Assigns again and again, each member holding what it was given, until nothing changes. */
function settle(members: readonly MemberState[]): { readonly members: readonly MemberState[]; readonly rounds: number } {
  let current = members
  for (let rounds = 0; ; rounds++) {
    const shares = assignTasks(current, TASKS)
    const next = current.map(({ memberId }) => member(memberId, shares.get(memberId)?.active ?? []))
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
    expect(shares.get('b')?.active).toEqual([])
    expect(shares.get('a')?.active.length).toBe(6)
    const next = assignTasks([member('a', shares.get('a')?.active), member('b')], TASKS)
    expect(next.get('a')).toEqual(shares.get('a'))
    expect(next.get('b')?.active.length).toBe(6)
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
    const sorted = (shares: ReadonlyMap<string, Share>) => [...shares].toSorted(([a], [b]) => (a < b ? -1 : 1))
    expect(sorted(assignTasks(members.toReversed(), TASKS))).toEqual(sorted(assignTasks(members, TASKS)))
  })

  it('believes one of two members that say they hold the same task', () => {
    const { members } = settle([member('a', TASKS), member('b', TASKS)])
    expect(members.flatMap(({ held }) => held).toSorted()).toEqual(TASKS.toSorted())
  })

  it('passes over held tasks that are not there any more', () => {
    expect(assignTasks([member('a', ['9_9'])], TASKS).get('a')?.active).toEqual(TASKS)
    expect(assignTasks([], TASKS).size).toBe(0)
  })

  it('gives the tasks of one that is gone to those who stand by for them', () => {
    const lost = TASKS.slice(6)
    const members = [
      { ...member('a', TASKS.slice(0, 3)), standing: lost.slice(3) },
      { ...member('b', TASKS.slice(3, 6)), standing: lost.slice(0, 3) },
    ]
    const shares = assignTasks(members, TASKS)
    expect(shares.get('a')?.active.toSorted()).toEqual([...TASKS.slice(0, 3), ...lost.slice(3)].toSorted())
    expect(shares.get('b')?.active.toSorted()).toEqual([...TASKS.slice(3, 6), ...lost.slice(0, 3)].toSorted())
  })

  it('gives no task of one that is gone to somebody without a copy while another has one, and is balanced once the copies are made', () => {
    let random = 7
    const draw = (below: number): number => (random = (random * 48_271) % 0x7fffffff) % below
    for (let times = 0; times < 300; times++) {
      const count = 2 + draw(4)
      const names = Array.from({ length: count }, (_, at) => `m${at}`)
      const owner = new Map(TASKS.map((task) => [task, draw(count + 1)]))
      let members = names.map((name, at): MemberState => ({
        ...member(
          name,
          TASKS.filter((task) => owner.get(task) === at),
        ),
        standing: TASKS.filter((task) => owner.get(task) !== at && draw(3) === 0),
      }))
      for (let round = 0; ; round++) {
        const shares = assignTasks(members, TASKS, true)
        for (const task of TASKS) {
          const gets = members.find(({ memberId }) => shares.get(memberId)?.active.includes(task))
          const isFree = members.every(({ held }) => !held.includes(task))
          if (isFree && members.some(({ standing }) => standing.includes(task))) expect(gets?.standing).toContain(task)
        }
        const next = members.map(({ memberId, held, standing }) => {
          const { active = [], warming = [] } = shares.get(memberId) ?? {}
          const copies = new Set([...standing, ...warming, ...held])
          return { ...member(memberId, active), standing: [...copies].filter((task) => !active.includes(task)) }
        })
        if (JSON.stringify(next) === JSON.stringify(members)) break
        expect(round).toBeLessThan(12)
        members = next
      }
      const sizes = members.map(({ held }) => held.length)
      expect(sizes.reduce((sum, size) => sum + size)).toBe(TASKS.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  it('lets a task stay with its holder until its state has been copied to where it is to go', () => {
    const first = assignTasks([member('a', TASKS), member('b')], TASKS, true)
    expect(first.get('a')?.active.toSorted()).toEqual(TASKS.toSorted())
    const warming = first.get('b')?.warming ?? []
    expect(warming.length).toBe(6)
    const warm = { ...member('b'), standing: warming }
    const second = assignTasks([member('a', TASKS), warm], TASKS, true)
    expect(second.get('a')?.active.toSorted()).toEqual(TASKS.filter((task) => !warming.includes(task)).toSorted())
    const third = assignTasks([member('a', second.get('a')?.active), warm], TASKS, true)
    expect(third.get('b')).toEqual({ active: warming, warming: [] })
  })
})
