import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  openLevelStorage,
  openTaskState,
  Serdes,
  Stores,
  type KeyValueStore,
  type TaskState,
  type VersionedKeyValueStore,
  type WindowStore,
} from '../../../state/index.ts'
import type { LogRecord } from './committed-records.ts'
import { judgeState } from './judge-state.ts'
import { stateCopies } from './state-copy.ts'

const TIME = 1_700_000_000_000
const [key, value] = [Serdes.string, Serdes.string]
const STORES = [
  Stores.keyValue({ name: 'accounts', key, value }),
  Stores.window({ name: 'turnover-by-minute', key, value, windowSizeMs: 60_000, retentionMs: 86_400_000 }),
  Stores.versioned({ name: 'balances', key, value, historyMs: 86_400_000 }),
]

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-copies-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

/** Commits as the engine does and returns the changelogs. */
async function commitRounds(
  instance: string,
  work: (state: TaskState, round: number) => void,
): Promise<ReadonlyMap<string, readonly LogRecord[]>> {
  const storage = await openLevelStorage({ directory: join(directory, instance, 'tasks', '1_0') })
  const state = await openTaskState({ storage, stores: STORES })
  const logs = new Map<string, LogRecord[]>(STORES.map(({ name }) => [name, []]))
  for (const round of [1, 2, 3]) {
    work(state, round)
    state.collectChanges({
      change: (store, bytes, changed, timestamp) => {
        const log = logs.get(store)
        log?.push({ offset: log.length, key: Buffer.from(bytes), value: changed === null ? null : Buffer.from(changed), timestamp })
      },
    })
    await state.commit(new Map([...logs].map(([store, log]) => [store, log.length])))
  }
  await state.close()
  return logs
}

function work(state: TaskState, round: number): void {
  const accounts = state.store('accounts') as KeyValueStore<string, string>
  const turnover = state.store('turnover-by-minute') as WindowStore<string, string>
  const balances = state.store('balances') as VersionedKeyValueStore<string, string>
  accounts.put('anne', `balance ${round}`, TIME + round)
  accounts.put(`only in ${round}`, 'x', TIME)
  if (round > 1) accounts.put(`only in ${round - 1}`, null, TIME)
  for (const minute of [0, round]) turnover.put('anne', `${minute} in ${round}`, TIME + minute * 60_000, TIME + round)
  balances.put('anne', String(round), TIME + round * 1_000_000)
  balances.put('anne', `${round} corrected`, TIME + round * 1_000_000)
  balances.put('bert', String(round), TIME - round)
}

describe('The state that an instance leaves on disk', () => {
  it('matches its changelogs', async () => {
    const logs = await commitRounds('one', work)
    const verdict = judgeState({ copies: await stateCopies(directory), recordsOf: (store) => [logs.get(store) ?? []], copiesPerTask: 1 })
    expect(verdict).toEqual({ comparedStores: 3, stateFaults: [] })
  })

  it.each(['accounts', 'turnover-by-minute', 'balances'])('is reported if store %s does not match its changelog', async (store) => {
    const logs = await commitRounds('one', work)
    const recordsOf = (name: string): readonly (readonly LogRecord[])[] => {
      const log = logs.get(name) ?? []
      return [name === store ? log.map((record) => ({ ...record, value: record.value && Buffer.from('forged') })) : log]
    }
    const { stateFaults } = judgeState({ copies: await stateCopies(directory), recordsOf, copiesPerTask: 1 })
    expect(stateFaults.length).toBe(1)
    expect(stateFaults[0]).toContain(`store ${store} of task 1_0 on one differs from its changelog`)
  })

  it('is reported if LevelDB silently lost a part of it', async () => {
    const logs = await commitRounds('one', work)
    const task = join(directory, 'one', 'tasks', '1_0')
    for (const file of (await readdir(task)).filter((name) => name.endsWith('.log'))) {
      const bytes = await readFile(join(task, file))
      bytes.write('balance 4', Math.max(0, bytes.indexOf('balance 3')))
      await writeFile(join(task, file), bytes)
    }
    const verdict = judgeState({ copies: await stateCopies(directory), recordsOf: (store) => [logs.get(store) ?? []], copiesPerTask: 1 })
    expect(verdict.stateFaults).toContain('task 1_0 has 0 up-to-date copies instead of 1')
  })
})
