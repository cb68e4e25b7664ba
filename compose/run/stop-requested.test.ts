import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stopRequested } from './stop-requested.ts'

beforeEach(() => vi.useFakeTimers())

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('21.2 A process that was asked to stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with exit code 1 within ten seconds of %s, whatever hangs', async (signal) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const stopped = stopRequested(undefined)
    process.emit(signal)
    await stopped
    vi.advanceTimersByTime(8_000)
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1_500)
    expect(exit).toHaveBeenCalledExactlyOnceWith(1)
    expect(said).toHaveBeenCalledWith(expect.stringContaining('Not stopped after 9 s'))
  })

  it('ends at once at a second signal: no handler is left', async () => {
    const before = process.listenerCount('SIGINT')
    const stopped = stopRequested(undefined)
    process.emit('SIGINT')
    await stopped
    expect(process.listenerCount('SIGINT')).toBe(before)
  })

  it('has no deadline when its time is over: what it has accepted is completed', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
    const stopped = stopRequested(1_000)
    vi.advanceTimersByTime(1_000)
    await stopped
    vi.advanceTimersByTime(60_000)
    expect(exit).not.toHaveBeenCalled()
  })
})
