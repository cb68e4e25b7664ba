import { describe, expect, it } from 'vitest'
import type { TopologyOutline } from '../../graph/index.ts'
import { assignGroup } from './assign-group.ts'
import { encodeSubscription, type Subscription } from './messages.ts'

const TASKS = ['0_0', '0_1', '0_2', '0_3']

const outline = (kind: string, sinks: readonly string[] = ['out']): TopologyOutline => ({
  digest: `${kind} ${sinks.join()}`,
  subtopologies: [{ id: 0, sources: ['in'], stores: [{ name: 'counts', kind, hasChangelog: true }], sinks }],
  repartitions: [],
})
const OLD = outline('key-value')
const NEW = outline('window')
const NEW_SINK = outline('key-value', ['audit', 'out'])

interface Joining {
  readonly memberId: string
  readonly metadata: Uint8Array
}

function member(memberId: string, topology: TopologyOutline, change: Partial<Subscription> = {}): Joining {
  const subscription = { instanceId: memberId, owned: [], caughtUp: [], round: 0, acceptedIn: -1, topology, ...change }
  return { memberId, metadata: encodeSubscription(subscription, { topics: [], owned: [] }) }
}

const assigned = (members: readonly Joining[]) => assignGroup({ generation: 7, members, tasks: () => TASKS, standbys: 0 })
const refusedIn = (members: readonly Joining[]): readonly string[] => assigned(members).refused.map(({ memberId }) => memberId)

describe('20.C12 A leader', () => {
  it('refuses a joining member of another topology with the differences, and divides all tasks among the others', () => {
    const { assignments, refused } = assigned([member('a', OLD, { acceptedIn: 6 }), member('b', NEW)])
    expect(assignments.get('a')).toMatchObject({ active: TASKS, topology: OLD.digest })
    expect(assignments.get('a')?.refusal).toBeUndefined()
    expect(assignments.get('b')).toMatchObject({
      active: [],
      standby: [],
      topology: NEW.digest,
      refusal: ['store counts: window (key unknown, value unknown) here, key-value (key unknown, value unknown) there'],
    })
    expect(assignments.get('b')?.owners.map(({ instanceId }) => instanceId)).toEqual(['a'])
    expect(refused.map(({ memberId }) => memberId)).toEqual(['b'])
  })

  it('decides for the members of the last generation, however many join', () => {
    expect(refusedIn([member('a', OLD, { acceptedIn: 6 }), member('b', NEW), member('c', NEW), member('d', NEW)])).toEqual(['b', 'c', 'd'])
    expect(refusedIn([member('zombie', OLD, { acceptedIn: 2 }), member('b', NEW, { acceptedIn: 6 })])).toEqual(['zombie'])
  })

  it('decides for the majority where no member was accepted before, and alike whatever the order of the members', () => {
    const members = [member('a', OLD), member('b', NEW), member('c', NEW)]
    expect(refusedIn(members)).toEqual(['a'])
    expect(refusedIn(members.toReversed())).toEqual(['a'])
    const even = [member('a', OLD), member('b', NEW)]
    expect(refusedIn(even)).toHaveLength(1)
    expect(refusedIn(even)).toEqual(refusedIn(even.toReversed()))
  })

  it('accepts members whose sinks differ, and names the difference', () => {
    const { assignments, refused, different } = assigned([member('a', OLD, { acceptedIn: 6 }), member('b', NEW_SINK)])
    expect(refused).toEqual([])
    expect(assignments.get('b')).toMatchObject({ topology: NEW_SINK.digest })
    expect([...assignments.values()].flatMap(({ active }) => active).toSorted()).toEqual(TASKS)
    expect(different).toEqual([{ memberId: 'b', reasons: ['sub-topology 0 writes to audit, out here, out there'] }])
  })

  it('divides the tasks as the accepted members count them', () => {
    const members = [
      member('a', OLD, { acceptedIn: 6, taskCounts: [2] }),
      member('b', OLD, { taskCounts: [3] }),
      member('c', NEW, { taskCounts: [9] }),
    ]
    const counts: (readonly (readonly number[])[])[] = []
    assignGroup({ generation: 7, members, tasks: (reported) => (counts.push(reported), TASKS), standbys: 0 })
    expect(counts).toEqual([[[2], [3]]])
  })

  it('gives a member that it cannot read no tasks, says why, and assigns those of the others', () => {
    const unreadable: readonly Joining[] = [
      { memberId: 'empty', metadata: new Uint8Array(0) },
      { memberId: 'foreign', metadata: Buffer.from('hello') },
      { memberId: 'cut', metadata: member('x', OLD).metadata.subarray(0, 40) },
    ]
    const { assignments, refused } = assigned([...unreadable, member('a', OLD)])
    expect(assignments.get('a')?.active).toEqual(TASKS)
    for (const { memberId } of unreadable) {
      expect(assignments.get(memberId)).toMatchObject({ active: [], refusal: [expect.stringMatching(/^The subscription /)] })
    }
    expect(refused.map(({ memberId }) => memberId)).toEqual(['empty', 'foreign', 'cut'])
  })
})
