import type { TaskId } from '../processor.ts'

/** `<sub-topology>_<partition>`, as Kafka Streams writes it. */
export function taskName({ subtopology, partition }: TaskId): string {
  return `${subtopology}_${partition}`
}

export function parseTaskName(name: string): TaskId {
  const [subtopology, partition] = name.split('_').map(Number)
  if (subtopology === undefined || partition === undefined)
    throw new RangeError(`"${name}" is not a task name: expected <sub-topology>_<partition>`)
  return { subtopology, partition }
}
