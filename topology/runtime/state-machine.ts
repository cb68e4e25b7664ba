/** Which state may follow which. */
export type Transitions<S extends string> = Readonly<Record<S, readonly S[]>>

/** A named state and its legal transitions. Any other transition throws, because it is a bug of the engine. */
export class StateMachine<S extends string> {
  readonly #subject: string
  readonly #transitions: Transitions<S>
  #state: S

  constructor(subject: string, initial: S, transitions: Transitions<S>) {
    this.#subject = subject
    this.#state = initial
    this.#transitions = transitions
  }

  get state(): S {
    return this.#state
  }

  canBecome(next: S): boolean {
    return this.#transitions[this.#state].includes(next)
  }

  become(next: S): void {
    if (!this.canBecome(next)) throw new RangeError(`${this.#subject} cannot go from ${this.#state} to ${next}`)
    this.#state = next
  }
}
