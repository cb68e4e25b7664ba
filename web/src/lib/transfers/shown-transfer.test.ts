import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { arrivals, FakeApi, rowOf, transferOf } from '../testing/fake-api.ts'
import { ShownTransfer } from './shown-transfer.svelte.ts'

const row = (sequence: number) => rowOf(sequence, { transferId: `transfer-${sequence}` })

let api: FakeApi
let shown: ShownTransfer

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  api = new FakeApi()
  api.handlers.set('transfer', ({ id }) => transferOf({ id: String(id), state: 'COMPLETED' }))
  shown = new ShownTransfer()
})

afterEach(() => {
  shown.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('The transfer shown on the home page', () => {
  it('from before the visit is replaced by the first that arrives during it', () => {
    shown.offer(row(1))
    shown.offer(row(2))
    expect(shown.row?.id).toBe('row-2')
  })

  it('is played to the end however many arrive meanwhile, then the newest follows', () => {
    shown.offer(row(1))
    for (const sequence of [2, 3, 4]) shown.offer(row(sequence))
    expect(shown.row?.id).toBe('row-2')
    shown.advance()
    expect(shown.row?.id).toBe('row-4')
    shown.offer(row(5))
    expect(shown.row?.id).toBe('row-4')
  })

  it('is repeated while none arrives, and is then replaced at once', () => {
    shown.offer(row(1))
    shown.offer(row(2))
    shown.advance()
    expect(shown.row?.id).toBe('row-2')
    shown.offer(row(3))
    expect(shown.row?.id).toBe('row-3')
  })

  it('ignores an answer for the transfer shown before', async () => {
    let answer: (value: unknown) => void = () => undefined
    api.handlers.set('transfer', () => new Promise((resolve) => (answer = resolve)))
    shown.offer(row(1))
    const late = answer
    shown.offer(row(2))
    answer(transferOf({ id: 'transfer-2', state: 'COMPLETED' }))
    late(transferOf({ id: 'transfer-1', state: 'COMPLETED' }))
    await arrivals()
    expect(shown.transfer?.id).toBe('transfer-2')
  })

  it('is polled until it has ended', async () => {
    api.handlers.set('transfer', () => transferOf({ state: api.calls.length < 3 ? 'PENDING' : 'COMPLETED' }))
    shown.offer(row(1))
    for (let round = 0; round < 5; round += 1) {
      await arrivals()
      await vi.advanceTimersByTimeAsync(600)
    }
    expect(shown.transfer?.state).toBe('COMPLETED')
    expect(api.calls).toHaveLength(3)
  })

  it('has only its row if it belongs to another client', async () => {
    api.handlers.delete('transfer')
    shown.offer(row(1))
    await arrivals()
    expect(shown.row?.id).toBe('row-1')
    expect(shown.transfer).toBeNull()
  })
})
