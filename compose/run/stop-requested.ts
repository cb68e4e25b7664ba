/** From the signal to the end of the process, whatever hangs: less than service managers wait before they kill. */
const DEADLINE_MS = 9_000
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Resolves at SIGINT, SIGTERM or after the given time. The handlers are removed then, so a second Ctrl-C ends the process at once. A process that has
 * not ended nine seconds after a signal ends with exit code 1.
 */
export function stopRequested(afterMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = afterMs === undefined ? undefined : setTimeout(stop, afterMs)
    for (const signal of SIGNALS) process.once(signal, onSignal)
    function stop(): void {
      clearTimeout(timer)
      for (const signal of SIGNALS) process.off(signal, onSignal)
      resolve()
    }
    function onSignal(): void {
      setTimeout(endAnyway, DEADLINE_MS).unref()
      stop()
    }
  })
}

function endAnyway(): void {
  process.stderr.write(
    `Not stopped after ${DEADLINE_MS / 1_000} s: the process ends without waiting for the rest. The next start continues from what is stored.\n`,
  )
  process.exit(1)
}
