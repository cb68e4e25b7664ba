import type { StateStore } from '../../../state/index.ts'
import type { SinkNode } from '../../graph/index.ts'
import type { Record, RecordMetadata, TaskId } from '../../processor.ts'
import type { Punctuations } from './punctuations.ts'

export type AnyRecord = Record<unknown, unknown>

/** A node as its parents see it. */
export interface Receiver {
  deliver(record: AnyRecord): void
}

/** What the nodes of a task use outside their graph. */
export interface GraphEnvironment {
  readonly taskId: TaskId
  readonly applicationId: string
  /** The topic's name on the broker. */
  topicOf(name: string): string
  store(name: string): StateStore
  /** Writes a sink's records. */
  sink(node: SinkNode): (record: AnyRecord) => void
  drop(reason: string): void
  wallClock(): number
  /** Returns when the error is to be ignored, and throws otherwise. */
  punctuatorFailed(error: unknown, operator: string | undefined): void
}

/** The graph's progress as its processors see it. */
export interface GraphProgress {
  readonly streamTime: number
  /** Origin of the record being processed; undefined in a punctuator. */
  readonly metadata: RecordMetadata | undefined
  readonly punctuations: Punctuations
}
