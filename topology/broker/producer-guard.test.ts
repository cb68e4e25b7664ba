import { describe, expect, it } from 'vitest'
import {
  FatalBrokerError,
  FencedError,
  OutcomeUnknownError,
  RebalanceInProgressError,
  RetriableBrokerError,
  StaleGenerationError,
  UnknownMemberError,
  UnknownTopicError,
} from './errors.ts'
import { ProducerGuard } from './producer-guard.ts'

const rejecting = (error: Error) => () => Promise.reject(error)

describe('A transactional producer', () => {
  it.each([
    FatalBrokerError,
    FencedError,
    OutcomeUnknownError,
    RebalanceInProgressError,
    RetriableBrokerError,
    UnknownMemberError,
    UnknownTopicError,
  ])('is spent by a %o: later calls reject with the first error', async (SpendingError) => {
    const guard = new ProducerGuard()
    const first = new SpendingError('first')
    await expect(guard.run(rejecting(first))).rejects.toBe(first)
    await expect(guard.run(rejecting(new FatalBrokerError('second')))).rejects.toBe(first)
    await expect(guard.run(() => 'done')).rejects.toBe(first)
  })

  it('is not spent by a StaleGenerationError', async () => {
    const guard = new ProducerGuard()
    const stale = new StaleGenerationError('stale')
    await expect(guard.run(rejecting(stale))).rejects.toBe(stale)
    expect(await guard.run(() => 'done')).toBe('done')
  })
})
