import { describe, expect, it } from 'vitest'
import { rowOf, transferOf } from '../testing/fake-api.ts'
import { journeyOf } from './journey.ts'
import type { Known } from './journey.ts'

const START = 1_700_000_000_000
const step = (name: string, afterMs: number) => ({ name, time: START + afterMs })
const states = (known: Known) => Object.fromEntries(journeyOf(known).map(({ id, state }) => [id, state]))
const times = (known: Known) => journeyOf(known).map(({ afterMs }) => afterMs)

describe('The journey of a transfer', () => {
  it('waits at every station while nothing is known', () => {
    expect(new Set(Object.values(states({})))).toEqual(new Set(['waiting']))
  })

  it('shows the times of the steps of a completed transfer', () => {
    const steps = [step('TransferStarted', 2), step('MoneyDebited', 5), step('MoneyCredited', 8), step('TransferCompleted', 11)]
    const known = { transfer: transferOf({ to: 'NL20OPEN0000000001', state: 'COMPLETED', endedAt: START + 11, steps }), row: rowOf(7) }
    expect(new Set(Object.values(states(known)))).toEqual(new Set(['done']))
    expect(times(known)).toEqual([0, 2, 5, 8, 11, undefined, undefined])
  })

  it('has no times when only the row is known', () => {
    const known = { row: rowOf(7, { direction: 'DEBIT', counterparty: 'NL20OPEN0000000001' }) }
    expect(times(known)).toEqual(Array(7).fill(undefined))
    expect(journeyOf(known)[0]?.data).toContain('from NL66 OPEN 0000 0000 00 to NL20 OPEN 0000 0000 01')
  })

  it('skips the payer of a deposit, and the receiver at another bank', () => {
    expect(states({ transfer: transferOf({ from: 'cash', to: 'NL66OPEN0000000000' }) })).toMatchObject({ from: 'skipped', to: 'waiting' })
    expect(states({ transfer: transferOf({ state: 'COMPLETED', steps: [step('MoneyDebited', 1)] }) })).toMatchObject({
      from: 'done',
      to: 'skipped',
    })
  })

  it('ends a refused debit at the payer, with the reason as outcome', () => {
    const transfer = transferOf({
      to: 'NL20OPEN0000000001',
      state: 'FAILED',
      reason: 'insufficient funds',
      steps: [step('TransferFailed', 4)],
    })
    expect(states({ transfer })).toEqual({
      command: 'done',
      saga: 'done',
      from: 'failed',
      to: 'skipped',
      end: 'failed',
      projection: 'skipped',
      page: 'skipped',
    })
    expect(journeyOf({ transfer })[4]?.data).toBe('insufficient funds')
  })

  it('shows that the money went back', () => {
    const steps = [step('MoneyDebited', 1), step('MoneyReturned', 3), step('TransferFailed', 4)]
    const transfer = transferOf({ to: 'NL20OPEN0000000001', state: 'FAILED', reason: 'iban not known', steps })
    expect(states({ transfer })).toMatchObject({ from: 'done', to: 'failed', end: 'failed' })
    expect(journeyOf({ transfer })[3]?.data).toContain('went back')
  })

  it('waits for the outcome while pending', () => {
    expect(states({ transfer: transferOf({ steps: [step('MoneyDebited', 1)], to: 'NL20OPEN0000000001' }) })).toMatchObject({
      from: 'done',
      to: 'waiting',
      end: 'waiting',
      page: 'waiting',
    })
  })
})
