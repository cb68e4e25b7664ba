import { SvelteMap } from 'svelte/reactivity'

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'refused'

/** The page's streams taken together: when one is lost, the whole page says so. */
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
