import type { OpenView } from './table-view.ts'

/** What the passes over a graph have decided about one operator. */
export interface OperatorPlan {
  /** A node downstream needs the old value in each `Change`. */
  readonly sendsOldValues: boolean
  /** The changes that arrive carry their old values. */
  readonly parentsSendOldValues: boolean
  /** The changes that arrive are those of a versioned table: some may lie in the past. */
  readonly parentsAreVersioned: boolean
  /** Views of the tables in the node's `reads`, in their order. */
  readonly views: readonly OpenView[]
}
