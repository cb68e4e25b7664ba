import type { OpenView } from './table-view.ts'

/** What the passes over a graph have decided for one operator. */
export interface OperatorPlan {
  /** A node downstream needs the old value in each `Change`. */
  readonly sendsOldValues: boolean
  /** `sendsOldValues`, or a `suppress` downstream keeps the old value for look-ups. */
  readonly oldValuesAreUsed: boolean
  /** Incoming changes carry their old values. */
  readonly parentsSendOldValues: boolean
  /** Incoming changes come from a versioned table and may be out of order. */
  readonly parentsAreVersioned: boolean
  /** Views of the tables in the node's `reads`, in the same order. */
  readonly views: readonly OpenView[]
}
