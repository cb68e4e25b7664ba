/**
 * Assignment: how the group's leader divides the *tasks* of an application among its *members*. A member's *subscription* says which tasks it owns
 * and of which it has a *caught-up standby*; an *assignment* gives each member its *active tasks*, its *standbys* and its *warm-ups*
 * (standbys that become active tasks once they have caught up, KIP-441). A member whose topology does not fit the group's is *refused*. Pure functions; no I/O.
 */
export { assignGroup } from './assign-group.ts'
export { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription, GROUP_PROTOCOL } from './messages.ts'
export type { Assignment, Owner, Subscription } from './messages.ts'
