import { describe, expect, it } from 'vitest'
import type { InstanceView, TaskView } from '../../api/index.ts'
import { unreadyReasons } from './readiness.ts'

const task = (id: string, state: TaskView['state'] = 'RUNNING'): TaskView => ({
  id,
  state,
  reason: null,
  record: null,
  since: null,
  lag: 0,
})

const instance = (id: string, tasks: readonly TaskView[], change: Partial<InstanceView> = {}): InstanceView => ({
  id,
  state: 'RUNNING',
  healthy: true,
  problems: [],
  tasks,
  ...change,
})

const lags = ['0_0', '0_0', '0_1'].map((name) => ({ task: name }))

describe('21.2 The bank is ready', () => {
  it('when each task runs on a living instance', () => {
    const instances = [instance('one', [task('0_0'), task('0_1', 'STANDBY')]), instance('two', [task('0_1')])]
    expect(unreadyReasons({ instances, lags, missing: [] })).toEqual([])
    const restoring = [instance('one', [task('0_0'), task('0_1', 'RESTORING')], { state: 'RESTORING' })]
    expect(unreadyReasons({ instances: restoring, lags, missing: [] })).toEqual([])
  })

  it('also beside an instance that was stopped or killed, once others have its tasks', () => {
    const gone = instance('two', [], { state: 'DEAD', healthy: false })
    expect(unreadyReasons({ instances: [instance('one', [task('0_0'), task('0_1')]), gone], lags, missing: [] })).toEqual([])
  })

  it.each([
    ['no instance runs', [], ['no instance runs', 'no instance works on task 0_0, 0_1']],
    ['all are dead', [instance('one', [], { state: 'DEAD' })], ['no instance runs', 'no instance works on task 0_0, 0_1']],
    ['a task has no owner', [instance('one', [task('0_0')])], ['no instance works on task 0_1']],
    ['only a standby holds a task', [instance('one', [task('0_0'), task('0_1', 'STANDBY')])], ['no instance works on task 0_1']],
    [
      'an instance has a problem',
      [instance('one', [task('0_0'), task('0_1', 'STALLED')], { healthy: false, problems: ['task 0_1 is stalled: it hangs'] })],
      ['one: task 0_1 is stalled: it hangs'],
    ],
  ])('not when %s', (_, instances, reasons) => {
    expect(unreadyReasons({ instances, lags, missing: [] })).toEqual(reasons)
  })

  it('not when what it needs does not answer', () => {
    const instances = [instance('one', [task('0_0'), task('0_1')])]
    expect(unreadyReasons({ instances, lags, missing: ['the registry does not answer'] })).toEqual(['the registry does not answer'])
  })
})
