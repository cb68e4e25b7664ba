import { describe, expect, it } from 'vitest'
import { RebalanceLog } from './rebalance-log.ts'

const owners = (shares: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(shares).map(([instanceId, tasks]) => ({ instanceId, tasks, standbys: [] }))

describe('The log of rebalances', () => {
  const log = () => new RebalanceLog({ now: () => 7, monotonic: () => 0 })

  it('names the instances that joined or left and the tasks that moved, newest first', () => {
    const rebalances = log()
    rebalances.record(1, owners({ 'instance-1': ['0_0', '0_1'] }))
    rebalances.record(2, owners({ 'instance-1': ['0_0'], 'instance-2': ['0_1'] }))
    rebalances.record(3, owners({ 'instance-2': ['0_1', '0_0'] }))
    expect(rebalances.newest(2)).toEqual([
      { time: 7, generation: 3, reason: 'instance-1 left', moved: ['0_0'] },
      { time: 7, generation: 2, reason: 'instance-2 joined', moved: ['0_1'] },
    ])
  })

  it('logs each generation once, however many members report it, and ignores older generations', () => {
    const rebalances = log()
    for (const generation of [2, 2, 1]) rebalances.record(generation, owners({ 'instance-1': [] }))
    expect(rebalances.newest(10)).toHaveLength(1)
  })

  it('names a rebalance that only moves tasks between members', () => {
    const rebalances = log()
    rebalances.record(1, owners({ 'instance-1': ['0_0'], 'instance-2': [] }))
    rebalances.record(2, owners({ 'instance-1': [], 'instance-2': ['0_0'] }))
    expect(rebalances.newest(1)).toEqual([{ time: 7, generation: 2, reason: 'Tasks moved', moved: ['0_0'] }])
  })

  it('stays bounded', () => {
    const rebalances = log()
    for (let generation = 1; generation <= 1_000; generation++) rebalances.record(generation, owners({}))
    expect(rebalances.newest(1_000)).toHaveLength(200)
  })
})
