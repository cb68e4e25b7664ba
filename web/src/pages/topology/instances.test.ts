import { cleanup, render, screen, within } from '@testing-library/svelte'
import { afterEach, describe, expect, it } from 'vitest'
import type { Instance, Task } from '../../lib/generated/graphql.ts'
import { formatMoment } from '../../lib/moments.ts'
import Instances from './instances.svelte'

afterEach(cleanup)

const SINCE = new Date().setHours(12, 3, 11, 0)
const RUNNING: Task = { id: '0_0', state: 'RUNNING', reason: null, record: null, since: null, lag: 0 }

function show(change: Partial<Instance>): HTMLElement {
  const instance: Instance = { id: 'one', state: 'RUNNING', healthy: true, problems: [], tasks: [RUNNING], ...change }
  render(Instances, { instances: [instance] })
  return screen.getByRole('list', { name: 'Tasks of one' })
}

describe('20.A2 An instance on the page', () => {
  it('shows a task that is stalled, with reason, record and since when', () => {
    const stalled: Task = { id: '0_1', state: 'STALLED', reason: 'process() has not resolved', record: 'in-1@7', since: SINCE, lag: 20 }
    const tasks = show({ tasks: [RUNNING, stalled], healthy: false, problems: ['task 0_1 is stalled'] })
    const texts = within(tasks)
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent)
    expect(texts).toEqual(['0_0', `0_1 stalled since ${formatMoment(SINCE)}, lag 20: process() has not resolved – in-1@7`])
  })

  it('shows a task that waits, and what for', () => {
    const tasks = show({ tasks: [{ ...RUNNING, state: 'WAITING', reason: 'the registry does not answer', since: SINCE }] })
    expect(tasks.textContent).toContain(`0_0 waiting since ${formatMoment(SINCE)}: the registry does not answer`)
  })

  it('lists the problems of an instance that is not healthy, and none of one that was stopped', () => {
    show({ healthy: false, problems: ['the brokers cannot be reached', 'task 0_0 is stalled'] })
    expect(screen.getByText('2 problems')).toBeTruthy()
    expect(screen.getByText('the brokers cannot be reached')).toBeTruthy()
    cleanup()
    show({ state: 'STOPPED', healthy: false, problems: ['it is not running'], tasks: [] })
    expect(screen.queryByText('1 problem')).toBeNull()
  })

  it('shows nothing beside the name of a task that runs and has no lag', () => {
    expect(show({}).textContent.trim()).toBe('0_0')
  })
})
