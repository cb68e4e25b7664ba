import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rowOf } from '../lib/testing/fake-api.ts'
import { journeyOf } from '../lib/transfers/journey.ts'
import Journey from './journey.svelte'

const toldToItsEnd = vi.fn()
const props = { stations: journeyOf({ row: rowOf(1) }), subject: 'row-1', toldToItsEnd }
const here = () => document.querySelector('[aria-current="step"] .title')?.textContent

function motion(reduced: boolean): void {
  vi.stubGlobal('matchMedia', () => ({ matches: reduced }))
}

beforeEach(() => {
  vi.useFakeTimers()
  toldToItsEnd.mockClear()
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('The way of one transfer', () => {
  it('plays by itself, round and round', async () => {
    motion(false)
    render(Journey, props)
    await vi.advanceTimersByTimeAsync(2_700)
    expect(here()).toBe('Saga')
    expect(toldToItsEnd).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(6 * 2_600)
    expect(here()).toBe('Command')
    expect(toldToItsEnd).toHaveBeenCalledOnce()
  })

  it('stands still for people who asked for less motion, and can be stepped', async () => {
    motion(true)
    render(Journey, props)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(here()).toBe('Command')
    await fireEvent.click(screen.getByRole('button', { name: 'Back' }))
    expect(here()).toBe('This page')
    await fireEvent.click(screen.getByRole('button', { name: 'Next' }))
    expect(here()).toBe('Command')
  })

  it('stops when touched, and stays there when a new transfer comes', async () => {
    motion(false)
    const { rerender } = render(Journey, props)
    await fireEvent.click(screen.getByRole('button', { name: /Receiver/ }))
    await vi.advanceTimersByTimeAsync(30_000)
    await rerender({ ...props, subject: 'row-2' })
    expect(here()).toBe('Receiver')
  })

  it('goes back to the start for a new transfer while it plays', async () => {
    motion(false)
    const { rerender } = render(Journey, props)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(here()).toBe('Payer')
    await rerender({ ...props, subject: 'row-2' })
    expect(here()).toBe('Command')
  })
})
