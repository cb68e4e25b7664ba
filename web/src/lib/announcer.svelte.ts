import { untrack } from 'svelte'

/** Text for screen readers about changes outside the focus. Short and rare: an outcome, a lost connection, a new page. */
class Announcer {
  message = $state('')

  /** Reads `message` untracked, because an effect that calls this must not depend on it and run again. */
  say(message: string): void {
    // Screen readers speak a repeated message only if the text differs.
    this.message = message === untrack(() => this.message) ? `${message}\u00a0` : message
  }
}

export const announcer = new Announcer()
