import { untrack } from 'svelte'

/** What a screen reader should say though nothing has the focus. Kept short and rare: an outcome, a lost connection, a new page. */
class Announcer {
  message = $state('')

  /** Who says something from an effect must not be called again for having said it. */
  say(message: string): void {
    // The same words twice are only spoken when the text changes in between.
    this.message = message === untrack(() => this.message) ? `${message}\u00a0` : message
  }
}

export const announcer = new Announcer()
