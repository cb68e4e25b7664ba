/**
 * Assignment: how the group's leader divides the *tasks* of an application among its *members*. A member's *subscription* says which tasks it owns
 * and of which it has a *caught-up standby*; an *assignment* gives each member its *active tasks*, its *standbys* and its *warm-ups*
 * (standbys that become active tasks once they have caught up, KIP-441). Pure functions over decoded messages; no I/O.
 */
export { assignStandbys } from './assign-standbys.ts'
export { assignTasks } from './assign-tasks.ts'
export { decodeAssignment, decodeSubscription, encode } from './messages.ts'
export type { Assignment, Owner, Subscription } from './messages.ts'
