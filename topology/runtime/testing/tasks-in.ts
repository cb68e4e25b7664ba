import type { Streams, TaskInfo } from '../index.ts'

/** Names of the instance's tasks that are in this state, in order. */
export function tasksIn(streams: Streams, state: TaskInfo['state']): string[] {
  return streams
    .tasks()
    .filter((task) => task.state === state)
    .map(({ name }) => name)
    .toSorted()
}
