/** Wakes one waiting loop; a call while nobody waits counts for the next wait. */
export class Wakeup {
  #raised = false
  #wake: (() => void) | undefined

  raise(): void {
    this.#raised = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#raised) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#raised = false
    this.#wake = undefined
  }
}
