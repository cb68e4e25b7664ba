import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { arrivals, FakeApi, rowOf, transferOf } from '../testing/fake-api.ts'
import { ToldTransfer } from './told-transfer.svelte.ts'

const row = (sequence: number) => rowOf(sequence, { transferId: `transfer-${sequence}` })

let api: FakeApi
let told: ToldTransfer

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  api = new FakeApi()
  api.handlers.set('transfer', ({ id }) => transferOf({ id: String(id), state: 'COMPLETED' }))
  told = new ToldTransfer()
})

afterEach(() => {
  told.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('The transfer that is told', () => {
  it('is an old one only until one comes while somebody looks', () => {
    told.offer(row(1))
    told.offer(row(2))
    expect(told.row?.id).toBe('row-2')
  })

  it('is told to its end, however many come meanwhile, and then the newest is', () => {
    told.offer(row(1))
    for (const sequence of [2, 3, 4]) told.offer(row(sequence))
    expect(told.row?.id).toBe('row-2')
    told.toldToItsEnd()
    expect(told.row?.id).toBe('row-4')
    told.offer(row(5))
    expect(told.row?.id).toBe('row-4')
  })

  it('is told again in a quiet bank, and gives way at once to the next', () => {
    told.offer(row(1))
    told.offer(row(2))
    told.toldToItsEnd()
    expect(told.row?.id).toBe('row-2')
    told.offer(row(3))
    expect(told.row?.id).toBe('row-3')
  })

  it('has the steps of its own transfer, never of the one before', async () => {
    let answer: (value: unknown) => void = () => undefined
    api.handlers.set('transfer', () => new Promise((resolve) => (answer = resolve)))
    told.offer(row(1))
    const late = answer
    told.offer(row(2))
    answer(transferOf({ id: 'transfer-2', state: 'COMPLETED' }))
    late(transferOf({ id: 'transfer-1', state: 'COMPLETED' }))
    await arrivals()
    expect(told.transfer?.id).toBe('transfer-2')
  })

  it('is asked about again until it has ended', async () => {
    api.handlers.set('transfer', () => transferOf({ state: api.calls.length < 3 ? 'PENDING' : 'COMPLETED' }))
    told.offer(row(1))
    for (let asked = 0; asked < 5; asked += 1) {
      await arrivals()
      await vi.advanceTimersByTimeAsync(600)
    }
    expect(told.transfer?.state).toBe('COMPLETED')
    expect(api.calls).toHaveLength(3)
  })

  it('is told by its row alone where the transfer is somebody else’s', async () => {
    api.handlers.delete('transfer')
    told.offer(row(1))
    await arrivals()
    expect(told.row?.id).toBe('row-1')
    expect(told.transfer).toBeNull()
  })
})
