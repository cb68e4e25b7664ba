/** What goes wrong, and how often. May be changed at any time; probabilities are from 0 to 1 per call. */
export interface FaultProfile {
  /** Off: every call goes straight through. */
  enabled: boolean
  /** The request does not arrive: an error without effect. */
  lostRequest: number
  /** The request has its effect, the answer does not arrive. */
  lostAnswer: number
  /** A commit arrives only after its caller has been told that the outcome is unknown. */
  lateCommit: number
  /** The call takes up to `maxDelayMs` longer, half of it on the way there. */
  delay: number
  maxDelayMs: number
  /** This client does not reach the broker: every call fails after `maxDelayMs`, an answer on its way is lost. */
  partitioned: boolean
  /**
   * So long, from the next send on, no call leaves and no answer comes, and none fails: as with a process that is stopped in the midst
   * of a commit. Milliseconds; 0: not.
   */
  freezeMs: number
}

export function noFaults(): FaultProfile {
  return { enabled: false, lostRequest: 0, lostAnswer: 0, lateCommit: 0, delay: 0, maxDelayMs: 0, partitioned: false, freezeMs: 0 }
}
