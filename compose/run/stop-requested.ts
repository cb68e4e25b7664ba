/** Resolves at SIGINT, SIGTERM or after the given time. The handlers are removed then, so a second Ctrl-C ends the process at once. */
export function stopRequested(afterMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = afterMs === undefined ? undefined : setTimeout(stop, afterMs)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
    function stop(): void {
      clearTimeout(timer)
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
      resolve()
    }
  })
}
