import { connect } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { KafkaBroker, type Broker, type KafkaBrokerOptions } from '../../broker/index.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { LogFields } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import type { Streams, StreamsOptions } from '../index.ts'
import { Application } from '../testing/application.ts'
import { block } from '../testing/block.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const POLLING = { timeout: 50_000 }
const SESSION_MS = 2_000
const TIMES = { sessionTimeoutMs: SESSION_MS }

let warnings: (LogFields & { readonly message: string })[]
let app: Application

const ignore = (): void => undefined
const warn = (message: string, fields: LogFields = {}): void => void warnings.push({ ...fields, message })
const ports = systemPorts({ debug: ignore, info: ignore, warn, error: warn })

/** Blocks the thread for as long as each record's value says. */
function blocking() {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .peek((value) => block(Number(value)))
    .to('out', { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

async function open(options: Partial<KafkaBrokerOptions> = {}): Promise<void> {
  warnings = []
  const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports, ...options })
  const broker: Broker = prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
  app = await Application.open({ topology: blocking(), topics: ['in', 'out'], broker })
}

async function running(options: Partial<StreamsOptions> = {}): Promise<Streams> {
  const streams = await app.start('one', { ...TIMES, heartbeatIntervalMs: 250, ports, ...options })
  await expect.poll(() => tasksIn(streams, 'running'), POLLING).toEqual(['0_0'])
  return streams
}

/** With timestamps of today: Kafka deletes older records in the middle of a test. */
const send = (...records: readonly (readonly [key: string, value: string])[]) =>
  app.send('in', ...records.map(([key, value]) => [key, value, app.ports.clock.now()] as const))

const codes = (): unknown[] => warnings.map(({ code }) => code)
const memberIds = async (): Promise<string[]> => (await app.broker.groups.members('app')).map(({ memberId }) => memberId)

describe('20.C14 a busy instance', () => {
  beforeEach(() => () => app.close())

  it('stays a member while 1,200 records of 10 ms each are waiting, and processes each once', async () => {
    await open()
    const streams = await running()
    const [generation, members] = [streams.generation, await memberIds()]
    const states: string[] = []
    streams.onStateChange((state) => states.push(state))
    await send(...Array.from({ length: 1_200 }, (_, at) => [`k${at}`, '10'] as const))
    await expect.poll(async () => (await app.read('out')).length, POLLING).toBe(1_200)
    expect([streams.generation, await memberIds(), states]).toEqual([generation, members, []])
    expect(codes()).toEqual([])
  })

  it('stays a member while one record blocks the thread for more than two sessions', async () => {
    await open()
    const streams = await running()
    const [generation, members] = [streams.generation, await memberIds()]
    await send(['before', '0'], ['slow', String(2.5 * SESSION_MS)], ['after', '0'])
    await expect.poll(async () => (await app.read('out')).map(({ key }) => key), POLLING).toEqual(['before', 'slow', 'after'])
    expect([streams.generation, await memberIds()]).toEqual([generation, members])
    expect(codes()).toEqual(['instance-blocked'])
    expect(warnings[0]?.record).toMatch(/in-0@[1-2]$/)
    expect(streams.health().isHealthy).toBe(true)
  })

  it('is given up by the group after maxPollIntervalMs, says which record was to blame, and joins again', async () => {
    await open()
    const streams = await running({ maxPollIntervalMs: SESSION_MS })
    const members = await memberIds()
    await send(['slow', String(3.5 * SESSION_MS)], ['after', '0'])
    await expect.poll(async () => (await memberIds()).some((id) => !members.includes(id)), POLLING).toBe(true)
    expect(codes()).toContain('membership-lost')
    const lost = warnings.find(({ code }) => code === 'membership-lost')
    expect(lost).toMatchObject({ task: '0_0', instance: 'one' })
    expect(lost?.record).toMatch(/in-0@[01]$/)
    expect(Number(lost?.blockedMs)).toBeGreaterThan(3 * SESSION_MS)
    await streams.stop()
    expect(codes()).toContain('instance-blocked')
    expect((await app.read('out')).filter(({ key }) => key === 'slow').length).toBeLessThanOrEqual(1)
  })

  it('says once that heartbeats need the main thread, where the application makes the sockets, and works all the same', async () => {
    await open({ socketFactory: ({ host, port }) => connect({ host, port }) })
    const streams = await running()
    await send(['a', '0'])
    await expect.poll(async () => (await app.read('out')).length, POLLING).toBe(1)
    expect(codes()).toEqual(['heartbeats-not-apart'])
    const generation = streams.generation
    await app.start('two', { ...TIMES, heartbeatIntervalMs: 250, ports })
    await expect.poll(() => streams.generation, POLLING).toBeGreaterThan(generation)
    expect(codes().filter((code) => code === 'heartbeats-not-apart').length).toBe(1)
  })
})
