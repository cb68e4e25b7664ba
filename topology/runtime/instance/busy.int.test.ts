import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { LogFields } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { block } from '../testing/block.ts'
import { openApplication } from '../testing/open-application.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const SESSION_MS = 400
const TIMES = { sessionTimeoutMs: SESSION_MS, heartbeatIntervalMs: 50 }

/** Blocks the thread for as long as each record's value says. */
function blocking() {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .peek((value) => block(Number(value)))
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

describe('20.C14 busy instances of one process', () => {
  it.each([
    ['many slow records', Array.from({ length: 200 }, (_, at): [string, string] => [`k${at}`, '10'])],
    [
      'a record slower than several sessions',
      [['before', '0'] as const, ['slow', String(4 * SESSION_MS)] as const, ['after', '0'] as const],
    ],
  ])('stay members of the embedded broker’s group, whatever the work: %s', async (_, records) => {
    const app = await openApplication({ topology: blocking(), topics: ['in', 'out'], partitions: 2 })
    const [one, two] = [await app.start('one', TIMES), await app.start('two', TIMES)]
    await app.until(() => [one, two].every((each) => each.state === 'running' && tasksIn(each, 'running').length === 1))
    const before = [one.generation, two.generation]
    const states: string[] = []
    for (const each of [one, two]) each.onStateChange((state) => states.push(state))
    await app.send('in', ...records)
    const rows = await app.rows('out', records.length)
    expect(rows.map(({ key }) => key).toSorted()).toEqual(records.map(([key]) => key).toSorted())
    expect([one.generation, two.generation]).toEqual(before)
    expect(states).toEqual([])
  })

  it('commit at the interval although the work never ends, and let queries through', async () => {
    const app = await openApplication({ topology: blocking(), topics: ['in', 'out'] })
    const one = await app.start('one', { ...TIMES, commitIntervalMs: 100 })
    await app.until(() => tasksIn(one, 'running').length === 1)
    await app.send('in', ...Array.from({ length: 100 }, (_, at) => [`k${at}`, '10'] as const))
    const seen = await app.eventually(
      () => app.read('out'),
      ({ length }) => length > 0,
    )
    expect(seen.length).toBeLessThan(60)
  })

  it('warn of a record that blocks them, once for many', async () => {
    const warnings: LogFields[] = []
    const ignore = (): void => undefined
    const warn = (_: string, fields: LogFields = {}): void => void warnings.push(fields)
    const app = await openApplication({ topology: blocking(), topics: ['in', 'out'] })
    const one = await app.start('one', { ...TIMES, ports: systemPorts({ debug: ignore, info: ignore, warn, error: warn }) })
    await app.until(() => tasksIn(one, 'running').length === 1)
    await app.send('in', ['slow', '1100'], ['slow', '1100'], ['fast', '0'])
    await app.rows('out', 3)
    expect(warnings).toMatchObject([{ code: 'instance-blocked', task: '0_0', record: 'in-0@0' }])
    expect(Number(warnings[0]?.blockedMs)).toBeGreaterThanOrEqual(1_100)
  })
})
