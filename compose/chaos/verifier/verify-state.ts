import type { CommittedLog } from './committed-records.ts'
import { judgeState, type StateVerdict } from './judge-state.ts'
import { medianSilences, silences, type Disturbance } from './silences.ts'
import { stateCopies } from './state-copy.ts'
import { TopicReader } from './topic-reader.ts'

export interface StateVerifierOptions {
  /** Address of a broker. */
  readonly kafka: string
  /** Holds the state of all instances, which have ended. */
  readonly directory: string
  /** Standbys per task. */
  readonly standbys: number
  readonly disturbances: readonly Disturbance[]
}

export interface StateAndTime extends StateVerdict {
  readonly hangingTransactions: number
  /** Longest time without a commit of a task that always had work, by kind of disturbance. */
  readonly silenceMs: Readonly<Record<string, number>>
  /** The same, but of each kind the disturbance in the middle. */
  readonly silenceMsMedian: Readonly<Record<string, number>>
}

/** One store of each subtopology whose tasks always have work. */
const BUSY_STORES = ['accounts', 'transfers', 'last-rows']

/** Compares state on disk with the changelogs, and measures from commit markers how long tasks were silent (DECISIONS 61, 62). */
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
      copiesPerTask: 1 + standbys,
    }),
    hangingTransactions: [...changelogs.values()].flat().reduce((sum, { hanging }) => sum + hanging.length, 0),
    silenceMs: silences(commits, disturbances),
    silenceMsMedian: medianSilences(commits, disturbances),
  }
}
