/** What a screen reader should say though nothing has the focus. Kept short and rare: an outcome, a lost connection, a new page. */
class Announcer {
  message = $state('')

  say(message: string): void {
    // The same words twice are only spoken when the text changes in between.
    this.message = message === this.message ? `${message}\u00a0` : message
  }
}

export const announcer = new Announcer()
