import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemPorts, type Broker, type Ports } from '../../topology/index.ts'
import { memoryBroker } from '../../topology/testing/index.ts'
import { SessionStore } from './session-store.ts'

const LIFETIME_MS = 1_000
const silence = (): void => undefined

let now: number
let ports: Ports
let broker: Broker
let stores: SessionStore[]

beforeEach(async () => {
  const system = systemPorts({ debug: silence, info: silence, warn: silence, error: silence })
  now = 1_000_000
  ports = { ...system, clock: { now: () => now, monotonic: () => system.clock.monotonic() } }
  broker = await memoryBroker(ports)
  stores = []
})

afterEach(async () => {
  for (const store of stores) await store.close()
  await broker.close()
})

async function open(): Promise<SessionStore> {
  const store = await SessionStore.open({ broker, ports, lifetimeMs: LIFETIME_MS })
  stores.push(store)
  return store
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await ports.timers.sleep(1)
}

describe('A session', () => {
  it('is known to every process, and to the next one', async () => {
    const [here, there] = [await open(), await open()]
    const id = await here.begin('anne', 'CLIENT')
    expect(here.find(id)).toEqual({ username: 'anne', role: 'CLIENT', expiresAt: now + LIFETIME_MS })
    await until(() => there.find(id) !== undefined)
    expect((await open()).find(id)).toMatchObject({ username: 'anne' })
  })

  it('is over everywhere once it has ended, and stays so', async () => {
    const [here, there] = [await open(), await open()]
    const id = await here.begin('anne', 'CLIENT')
    await until(() => there.find(id) !== undefined)
    await there.end(id)
    expect(there.find(id)).toBeUndefined()
    await until(() => here.find(id) === undefined)
    expect((await open()).find(id)).toBeUndefined()
  })

  it('ends by itself, to the millisecond, also for who starts later', async () => {
    const store = await open()
    const id = await store.begin('anne', 'CLIENT')
    now += LIFETIME_MS - 1
    expect(store.find(id)).toBeDefined()
    now++
    expect(store.find(id)).toBeUndefined()
    expect(store.size).toBe(0)
    expect((await open()).size).toBe(0)
  })

  it('cannot be guessed: neither its hash nor a part of its id is an id', async () => {
    const store = await open()
    const id = await store.begin('anne', 'EMPLOYEE')
    const fetcher = broker.openFetcher()
    const [partition] = await fetcher.fetch([{ topic: 'bank-sessions', partition: 0, offset: 0 }], { maxWaitMs: 0 })
    await fetcher.close()
    const [batch] = partition?.batches ?? []
    batch?.next()
    const key = Buffer.from(batch?.key ?? []).toString()
    const value = Buffer.from(batch?.value ?? []).toString()
    expect(key).not.toBe('')
    expect(`${key} ${value}`).not.toContain(id)
    for (const guess of [key, id.slice(0, -1), `${id}a`, '', id.toUpperCase()]) expect(store.find(guess)).toBeUndefined()
  })

  it('gives way to newer ones of the same user when there are more than ten, to nobody else’s', async () => {
    const store = await open()
    const others = await store.begin('bert', 'CLIENT')
    const ids: string[] = []
    for (let count = 0; count < 12; count++) ids.push(await store.begin('anne', 'CLIENT'))
    expect(ids.map((id) => store.find(id) !== undefined)).toEqual([false, false, ...Array<boolean>(10).fill(true)])
    expect(store.find(others)).toBeDefined()
  })

  it('that nobody has cannot be ended, and ending one twice is no error', async () => {
    const store = await open()
    const id = await store.begin('anne', 'CLIENT')
    await store.end('nobody’s')
    await store.end(id)
    await store.end(id)
    expect(store.find(id)).toBeUndefined()
  })
})
