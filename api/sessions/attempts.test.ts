import { describe, expect, it } from 'vitest'
import { manualPorts } from '../../topology/testing/index.ts'
import { Attempts } from './attempts.ts'

describe('Attempts', () => {
  it('are admitted up to the limit, and again when the window has ended', async () => {
    const ports = manualPorts()
    const attempts = new Attempts(ports.clock, { attempts: 2, windowMs: 100 })
    const three = (): boolean[] => [attempts.admit('a'), attempts.admit('a'), attempts.admit('a')]
    expect(three()).toEqual([true, true, false])
    expect(attempts.admit('b')).toBe(true)
    await ports.advance(99)
    expect(attempts.admit('a')).toBe(false)
    await ports.advance(1)
    expect(three()).toEqual([true, true, false])
  })

  it('do not count when they succeeded', () => {
    const attempts = new Attempts(manualPorts().clock, { attempts: 1, windowMs: 100 })
    for (let again = 0; again < 5; again++) {
      expect(attempts.admit('a')).toBe(true)
      attempts.uncount('a')
    }
    attempts.admit('a')
    attempts.forget('a')
    expect(attempts.admit('a')).toBe(true)
  })
})
