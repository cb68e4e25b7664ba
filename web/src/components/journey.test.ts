import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rowOf } from '../lib/testing/fake-api.ts'
import { journeyOf } from '../lib/transfers/journey.ts'
import Journey from './journey.svelte'

const finished = vi.fn()
const props = { stations: journeyOf({ row: rowOf(1) }), subject: 'row-1', finished }
const here = () => document.querySelector('[aria-current="step"] .title')?.textContent

function setReducedMotion(reduced: boolean): void {
  vi.stubGlobal('matchMedia', () => ({ matches: reduced }))
}

beforeEach(() => {
  vi.useFakeTimers()
  finished.mockClear()
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('The journey of a transfer', () => {
  it('plays by itself in a loop', async () => {
    setReducedMotion(false)
    render(Journey, props)
    await vi.advanceTimersByTimeAsync(2_700)
    expect(here()).toBe('Saga')
    expect(finished).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(6 * 2_600)
    expect(here()).toBe('Command')
    expect(finished).toHaveBeenCalledOnce()
  })

  it('does not play by itself with reduced motion, but can be stepped', async () => {
    setReducedMotion(true)
    render(Journey, props)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(here()).toBe('Command')
    await fireEvent.click(screen.getByRole('button', { name: 'Back' }))
    expect(here()).toBe('This page')
    await fireEvent.click(screen.getByRole('button', { name: 'Next' }))
    expect(here()).toBe('Command')
  })

  it('stops when a station is chosen, and stays there when a new transfer arrives', async () => {
    setReducedMotion(false)
    const { rerender } = render(Journey, props)
    await fireEvent.click(screen.getByRole('button', { name: /Receiver/ }))
    await vi.advanceTimersByTimeAsync(30_000)
    await rerender({ ...props, subject: 'row-2' })
    expect(here()).toBe('Receiver')
  })

  it('restarts for a new transfer while it plays', async () => {
    setReducedMotion(false)
    const { rerender } = render(Journey, props)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(here()).toBe('Payer')
    await rerender({ ...props, subject: 'row-2' })
    expect(here()).toBe('Command')
  })
})
