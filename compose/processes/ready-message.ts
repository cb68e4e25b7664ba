/** What a process sends to the parent that started it with an IPC channel, once it answers requests. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly url: string
}

/** Tells the parent, if there is an IPC channel to one. */
export function announceReady(url: string): void {
  process.send?.({ kind: 'ready', url } satisfies ReadyMessage)
}

export function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready'
}
