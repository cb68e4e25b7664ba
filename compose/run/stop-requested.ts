/** Resolves at Ctrl-C, at a request to terminate, or when the time is over. A second Ctrl-C does not wait for anything. */
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
