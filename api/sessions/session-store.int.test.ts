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
  it('is valid on every process, also on one that starts later', async () => {
    const [first, second] = [await open(), await open()]
    const id = await first.begin('anne', 'CLIENT')
    expect(first.find(id)).toEqual({ username: 'anne', role: 'CLIENT', expiresAt: now + LIFETIME_MS })
    await until(() => second.find(id) !== undefined)
    expect((await open()).find(id)).toMatchObject({ username: 'anne' })
  })

  it('is invalid on every process once it has ended, and stays so', async () => {
    const [first, second] = [await open(), await open()]
    const id = await first.begin('anne', 'CLIENT')
    await until(() => second.find(id) !== undefined)
    await second.end(id)
    expect(second.find(id)).toBeUndefined()
    await until(() => first.find(id) === undefined)
    expect((await open()).find(id)).toBeUndefined()
  })

  it('expires to the millisecond, also on a process that starts later', async () => {
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

  it('is ended when its user has ten newer ones; sessions of other users do not count', async () => {
    const store = await open()
    const others = await store.begin('bert', 'CLIENT')
    const ids: string[] = []
    for (let count = 0; count < 12; count++) ids.push(await store.begin('anne', 'CLIENT'))
    expect(ids.map((id) => store.find(id) !== undefined)).toEqual([false, false, ...Array<boolean>(10).fill(true)])
    expect(store.find(others)).toBeDefined()
  })

  it('can be ended twice without an error, also when it never existed', async () => {
    const store = await open()
    const id = await store.begin('anne', 'CLIENT')
    await store.end('unknown id')
    await store.end(id)
    await store.end(id)
    expect(store.find(id)).toBeUndefined()
  })
})
