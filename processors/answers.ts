import type { CommandFailed, CommandSucceeded } from '../schemas/index.ts'

export type Outcome = CommandSucceeded | CommandFailed

/** An answer that was given, kept so that the same command gets it again. */
export interface Answer {
  readonly outcome: Outcome
  /** From then on the command counts as expired anyway. */
  readonly until: number
}

export type Answers = readonly Answer[]

/** How long after its deadline a command can still be told from a new one. */
const KEPT_MS = 3_600_000

export function answerTo(answers: Answers, command: string): Outcome | undefined {
  return answers.find(({ outcome }) => outcome.command === command)?.outcome
}

export function withAnswer(answers: Answers, outcome: Outcome, deadline: number, now: number): Answers {
  return [...answers.filter(({ until }) => until > now), { outcome, until: Math.max(deadline, now) + KEPT_MS }]
}
