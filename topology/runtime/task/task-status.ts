import type { Transitions } from '../state-machine.ts'

/**
 * Where a task is in its life:
 *
 *     created ──▶ restoring ──▶ running
 *        │         ▲  │  ▲        │ │
 *        │         │  ▼  └────────┤ │
 *        │        waiting ◀───────┘ │
 *        │           │              │
 *        └───────────┴──────────────┴──▶ suspended ──▶ closed
 *
 * - `created`: assigned, not opened yet.
 * - `restoring`: reads its committed offsets and replays the tails of its changelogs. Can be suspended too.
 * - `running`: processes and commits.
 * - `waiting`: an error ended the last opening or transaction; the task is opened again after a pause, or when what it needs is available.
 * - `suspended`: revoked. It commits what it has processed, unless another member may own it by now.
 * - `closed`: its stores are closed.
 */
export type TaskStatus = 'created' | 'restoring' | 'running' | 'waiting' | 'suspended' | 'closed'

export const TASK_TRANSITIONS: Transitions<TaskStatus> = {
  created: ['restoring', 'suspended'],
  restoring: ['running', 'waiting', 'suspended'],
  running: ['restoring', 'waiting', 'suspended'],
  waiting: ['restoring', 'suspended'],
  suspended: ['closed'],
  closed: [],
}
