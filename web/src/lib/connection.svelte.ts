import { SvelteMap } from 'svelte/reactivity'

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'refused'

/** The combined state of all streams on the page: the page shows “Reconnecting…” as soon as one stream is lost. */
class Connection {
  readonly #states = new SvelteMap<symbol, LiveState>()

  get reconnecting(): boolean {
    return [...this.#states.values()].includes('reconnecting')
  }

  get live(): boolean {
    return this.#states.size > 0 && [...this.#states.values()].every((state) => state === 'live')
  }

  report(stream: symbol, state: LiveState): void {
    this.#states.set(stream, state)
  }

  forget(stream: symbol): void {
    this.#states.delete(stream)
  }
}

export const connection = new Connection()
