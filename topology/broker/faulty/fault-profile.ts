/** Which faults happen, and how often. May be changed at any time. Probabilities are per call, from 0 to 1. */
export interface FaultProfile {
  /** When false, every call passes straight through. */
  enabled: boolean
  /** The request does not arrive: an error without effect. */
  lostRequest: number
  /** The request has its effect, but the response is lost. */
  lostAnswer: number
  /** A commit arrives only after its caller got an `OutcomeUnknownError`. */
  lateCommit: number
  /** The call takes up to `maxDelayMs` longer, half of it before the request arrives. */
  delay: number
  maxDelayMs: number
  /** A network partition: every call fails after `maxDelayMs`, and responses in flight are lost. */
  partitioned: boolean
  /**
   * From the next send on, for this long, no request leaves, no response arrives and none fails: like a process suspended in the
   * middle of a commit. Milliseconds; 0 for no freeze.
   */
  freezeMs: number
}

export function noFaults(): FaultProfile {
  return { enabled: false, lostRequest: 0, lostAnswer: 0, lateCommit: 0, delay: 0, maxDelayMs: 0, partitioned: false, freezeMs: 0 }
}
