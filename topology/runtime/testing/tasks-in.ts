import type { Streams, TaskInfo } from '../index.ts'

/** Sorted names of the instance's tasks in this state. */
export function tasksIn(streams: Streams, state: TaskInfo['state']): string[] {
  return streams
    .tasks()
    .filter((task) => task.state === state)
    .map(({ name }) => name)
    .toSorted()
}
