/**
 * Task: one sub-topology on one partition. A *task* owns a *record queue* per input partition, its stores, and the *running graph* of its processors; a
 * *task loop* keeps it going: process, commit, open again after an error. A *standby task* only keeps a copy of another instance's stores up to date.
 */
export { RecordQueue } from './record-queue.ts'
export { StandbyTask } from './standby-task.ts'
export { TaskLoop } from './task-loop.ts'
export { newTaskMetrics } from './task-metrics.ts'
export type { TaskMetrics } from './task-metrics.ts'
export type { Obstacle } from './task-progress.ts'
export { Task } from './task.ts'
export type { TaskStatus } from './task-status.ts'
export { Turns } from './turns.ts'
