import { describe, expect, it } from 'vitest'
import { statusLine } from './status-line.ts'

const quiet = { transfersPerSecond: 0, p50Ms: null, p99Ms: null, lag: 0, instances: [], booksBalanced: null }
const healthy = { healthy: true, problems: [] }
const tasks = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: `0_${at}`, state: 'RUNNING' as const, reason: null, record: null, since: null, lag: 0 }))

describe('The status line', () => {
  it('describes a busy bank in one line', () => {
    const instances = [
      { id: 'instance-1', state: 'RUNNING' as const, tasks: tasks(3), ...healthy },
      { id: 'instance-2', state: 'DEAD' as const, tasks: [], ...healthy },
    ]
    expect(statusLine({ transfersPerSecond: 12.34, p50Ms: 3.6, p99Ms: 17.2, lag: 4, instances, booksBalanced: true })).toBe(
      '12.3 transfers/s · p50 4 ms, p99 17 ms · lag 4 · books balanced ✓ · tasks 3+0(dead)',
    )
  })

  it('20.A3 counts the tasks that wait or are stalled', () => {
    const [stalled, ...rest] = tasks(3)
    if (stalled === undefined) throw new RangeError('no task')
    const instances = [{ id: 'i', state: 'RUNNING' as const, ...healthy, tasks: [{ ...stalled, state: 'STALLED' as const }, ...rest] }]
    expect(statusLine({ ...quiet, instances })).toContain('tasks 3(1 stalled)')
  })

  it('invents no figures before there are any', () => {
    expect(statusLine(quiet)).toContain('no recent commands')
    expect(statusLine(quiet)).toContain('checking books')
  })

  it('shows the state of the books within 80 characters, even for a busy bank with many instances', () => {
    const instances = Array.from({ length: 9 }, (_, at) => ({
      id: `instance-${at}`,
      state: 'RUNNING' as const,
      tasks: tasks(3),
      ...healthy,
    }))
    const line = statusLine({ transfersPerSecond: 1234.5, p50Ms: 123, p99Ms: 1234, lag: 12_345, instances, booksBalanced: true })
    expect(line.slice(0, 79)).toContain('books balanced ✓')
  })

  it('is in capitals when the books do not balance', () => {
    expect(statusLine({ ...quiet, booksBalanced: false })).toContain('BOOKS NOT BALANCED')
  })
})
