/** Wakes one waiting loop; raised while no loop waits, it ends the next wait at once. */
export class Wakeup {
  #isRaised = false
  #wake: (() => void) | undefined

  raise(): void {
    this.#isRaised = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#isRaised) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#isRaised = false
    this.#wake = undefined
  }
}
