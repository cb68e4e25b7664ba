import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connection } from '../connection.svelte.ts'
import type { Transaction } from '../generated/graphql.ts'
import { arrivals, FakeApi, rowOf } from '../testing/fake-api.ts'
import { live } from './live.ts'
import type { RefusedError } from './request.ts'

let api: FakeApi
let rows: Transaction[]
let states: string[]
let refusals: RefusedError[]
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  api = new FakeApi()
  rows = []
  states = []
  refusals = []
})

afterEach(() => {
  stop()
  show('visible')
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function start(): void {
  const after = () => {
    const id = rows.at(-1)?.id
    return id === undefined ? {} : { after: id }
  }
  stop = live('transactions', () => ({ iban: 'NL66OPEN0000000000', ...after() }), {
    next: (row) => rows.push(row),
    state: (state) => states.push(state),
    refused: (error) => refusals.push(error),
  })
}

function show(state: DocumentVisibilityState): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await arrivals()
}

describe('A live subscription', () => {
  it('begins without a resume position, and delivers every row', async () => {
    start()
    await arrivals()
    expect(api.stream.variables).toEqual({ iban: 'NL66OPEN0000000000' })
    expect(api.stream.headers.get('last-event-id')).toBeNull()
    api.stream.next(rowOf(1))
    api.stream.next(rowOf(2))
    await arrivals()
    expect(rows).toEqual([rowOf(1), rowOf(2)])
    expect(states).toEqual(['connecting', 'live'])
    expect(connection.live).toBe(true)
  })

  it('resumes after the last row when the connection is lost', async () => {
    start()
    await arrivals()
    api.stream.next(rowOf(1))
    await arrivals()
    api.stream.cut()
    await arrivals()
    expect(states).toEqual(['connecting', 'live', 'reconnecting'])
    expect(connection.reconnecting).toBe(true)
    await pass(400)
    expect(api.streams).toHaveLength(2)
    expect(api.stream.variables['after']).toBe('row-1')
    expect(api.stream.headers.get('last-event-id')).toBe('row-1')
    expect(states.at(-1)).toBe('live')
    expect(connection.reconnecting).toBe(false)
  })

  it('resumes when the server ends the stream or asks it to resynchronise', async () => {
    start()
    await arrivals()
    api.stream.next(rowOf(1))
    await arrivals()
    api.stream.complete()
    await pass(400)
    expect(api.streams).toHaveLength(2)
    api.stream.next(rowOf(2))
    await arrivals()
    api.stream.fail('RESYNCHRONISE')
    await pass(400)
    expect(api.streams.map(({ variables }) => variables['after'])).toEqual([undefined, 'row-1', 'row-2'])
    expect(refusals).toEqual([])
  })

  it('backs off up to some seconds, and resets the backoff when a row arrives', async () => {
    start()
    await arrivals()
    api.refuseStreamsWith = 503
    api.stream.cut()
    await pass(60_000)
    const attempts = states.filter((state) => state === 'reconnecting').length
    expect(attempts).toBeLessThan(40)
    api.refuseStreamsWith = undefined
    await pass(11_000)
    expect(states.at(-1)).toBe('live')
    api.stream.next(rowOf(1))
    await arrivals()
    api.stream.cut()
    await pass(400)
    expect(states.at(-1)).toBe('live')
  })

  it('reconnects at once when the machine is back online', async () => {
    start()
    await arrivals()
    api.refuseStreamsWith = 503
    api.stream.cut()
    await pass(20_000)
    api.refuseStreamsWith = undefined
    window.dispatchEvent(new Event('online'))
    await arrivals()
    expect(states.at(-1)).toBe('live')
  })

  it('counts as lost after three missed heartbeats', async () => {
    start()
    await arrivals()
    for (let beat = 0; beat < 6; beat += 1) {
      await pass(15_000)
      api.stream.heartbeat()
      await arrivals()
    }
    expect(api.streams).toHaveLength(1)
    await pass(46_000)
    expect(api.streams).toHaveLength(2)
  })

  it.each(['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED'])('gives up when the API says %s', async (code) => {
    start()
    await arrivals()
    api.stream.fail(code)
    await pass(60_000)
    expect(api.streams).toHaveLength(1)
    expect(refusals).toMatchObject([{ code }])
    expect(states.at(-1)).toBe('refused')
    expect(connection.reconnecting).toBe(false)
  })

  it('gives up on a refused request, but not when rate-limited', async () => {
    api.refuseStreamsWith = 429
    start()
    await pass(5_000)
    expect(refusals).toEqual([])
    api.refuseStreamsWith = 403
    await pass(10_000)
    expect(refusals).toHaveLength(1)
  })

  it('closes its connection while the page is hidden for long, and resumes when it is visible again', async () => {
    start()
    await arrivals()
    api.stream.next(rowOf(1))
    await arrivals()
    show('hidden')
    await pass(29_000)
    expect(api.stream.open).toBe(true)
    await pass(2_000)
    expect(api.stream.open).toBe(false)
    await pass(60_000)
    expect(api.streams).toHaveLength(1)
    show('visible')
    await arrivals()
    expect(api.stream.variables['after']).toBe('row-1')
  })

  it('is silent once stopped', async () => {
    start()
    await arrivals()
    stop()
    api.stream.next(rowOf(1))
    window.dispatchEvent(new Event('online'))
    await pass(60_000)
    expect(rows).toEqual([])
    expect(api.streams).toHaveLength(1)
    expect(api.stream.open).toBe(false)
    expect(connection.live).toBe(false)
  })
})
