import type { CommittedLog } from './committed-records.ts'
import { judgeState, type StateVerdict } from './judge-state.ts'
import { silences, type Disturbance } from './silences.ts'
import { stateCopies } from './state-copy.ts'
import { TopicReader } from './topic-reader.ts'

export interface StateVerifierOptions {
  /** Of one broker. */
  readonly kafka: string
  /** Below it each instance has kept its state; all have ended. */
  readonly directory: string
  /** Of each task. */
  readonly standbys: number
  readonly disturbances: readonly Disturbance[]
}

export interface StateAndTime extends StateVerdict {
  readonly hangingTransactions: number
  /** The longest without a commit of a task that always had work, milliseconds, by what had happened. */
  readonly silenceMs: Readonly<Record<string, number>>
}

/** A store of each task that every order passes. */
const BUSY_STORES = ['accounts', 'transfers', 'last-rows']

/** Holds what the instances left on their disks against the changelogs, and reads from those when each task was at work. */
export async function verifyState({ kafka, directory, standbys, disturbances }: StateVerifierOptions): Promise<StateAndTime> {
  const reader = new TopicReader(kafka)
  const copies = await stateCopies(directory)
  const changelogs = new Map<string, readonly CommittedLog[]>()
  for (const store of new Set(copies.flatMap(({ stores }) => stores))) changelogs.set(store, await reader.read(`bank-${store}-changelog`))
  const commits = new Map<string, readonly number[]>()
  for (const store of BUSY_STORES) {
    const subtopology = copies.find(({ stores }) => stores.includes(store))?.task.split('_')[0] ?? ''
    for (const [partition, { commitTimes }] of (changelogs.get(store) ?? []).entries())
      commits.set(`${subtopology}_${partition}`, commitTimes)
  }
  return {
    ...judgeState({
      copies,
      recordsOf: (store) => (changelogs.get(store) ?? []).map(({ records }) => records),
      wanted: 1 + standbys,
    }),
    hangingTransactions: [...changelogs.values()].flat().reduce((sum, { hanging }) => sum + hanging.length, 0),
    silenceMs: silences(commits, disturbances),
  }
}
