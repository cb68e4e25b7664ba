import type { InstanceView } from '../../api/index.ts'
import type { PartitionLag } from '../../topology/index.ts'

/** What is known of the application, from inside or outside its instances. */
export interface Observation {
  readonly instances: readonly InstanceView[]
  /** Of every input partition, so that each task is among them, with or without an owner. */
  readonly lags: readonly Pick<PartitionLag, 'task'>[]
  /** What else the bank needs and does not have: a broker, a registry. One line each. */
  readonly missing: readonly string[]
}

/** Why the bank cannot do all its work at the moment, one line each. Empty: every task runs on a living instance, and what it needs answers. */
export function unreadyReasons({ instances, lags, missing }: Observation): readonly string[] {
  const living = instances.filter(({ state }) => state !== 'STOPPED' && state !== 'DEAD')
  const held = new Set(living.flatMap((instance) => instance.tasks.filter(({ state }) => state !== 'STANDBY').map(({ id }) => id)))
  const orphans = [...new Set(lags.map(({ task }) => task))].filter((task) => !held.has(task))
  return [
    ...missing,
    ...(living.length === 0 ? ['no instance runs'] : []),
    ...instances.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`)),
    ...(orphans.length === 0 ? [] : [`no instance works on task ${orphans.join(', ')}`]),
  ]
}
