import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryStorage } from '../../state/index.ts'
import {
  createRecordBatchBuilder,
  EmbeddedBroker,
  memoryTaskStorages,
  Serdes,
  Streams,
  StreamsBuilder,
  systemPorts,
  type Broker,
} from '../../topology/index.ts'
import { CRASH_POINTS, crashing, parseCrashPlan, type CrashPoint } from './crash-points.ts'
import { silentLogger } from '../../topology/testing/index.ts'

const SAGA_STEPS = 'bank-account-commands'

let broker: Broker
let kills: number

beforeEach(async () => {
  kills = 0
  vi.spyOn(process, 'kill').mockImplementation(() => {
    kills++
    return true
  })
  broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports: systemPorts(silentLogger) })
  await broker.admin.createTopics(['in', SAGA_STEPS].map((name) => ({ name, partitions: 2 })))
})

afterEach(async () => {
  vi.restoreAllMocks()
  await broker.close()
})

function instance(instanceId: string, point?: CrashPoint, storages = memoryTaskStorages()): Streams {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues(String, { name: 'text' })
    .to(SAGA_STEPS, { key: Serdes.string, value: Serdes.string })
  return new Streams({
    topology: builder.build(),
    applicationId: 'bank',
    instanceId,
    broker,
    storages,
    ...(point === undefined ? {} : crashing(broker, storages, { point, passing: 1 })),
    ports: systemPorts(silentLogger),
    standbys: 1,
    sessionTimeoutMs: 2_000,
    heartbeatIntervalMs: 20,
  })
}

async function send(): Promise<void> {
  const producer = await broker.openProducer({})
  for (const partition of [0, 1]) {
    const batch = createRecordBatchBuilder()
    batch.append(Buffer.from('a'), Buffer.from('x'), 1)
    await producer.send('in', partition, batch)
  }
  await producer.commit()
  await producer.close()
}

const tasks = (streams: Streams, state: string): number => streams.tasks().filter((task) => task.state === state).length

describe('A crash point', () => {
  it.each(CRASH_POINTS.filter((point) => point !== 'in-promotion'))(
    '%s is reached by an instance that is assigned tasks and processes records',
    async (point) => {
      await send()
      const former = instance('former')
      await former.start()
      await expect.poll(() => former.tasks().reduce((sum, { commits }) => sum + commits, 0)).toBe(2)
      await former.stop()
      await send()
      const streams = instance('one', point)
      await streams.start()
      await expect.poll(() => kills).toBe(1)
      await streams.stop()
    },
  )

  it('in-promotion is reached by an instance that takes over a task of which it has a standby', async () => {
    const other = instance('other')
    await other.start()
    await expect.poll(() => tasks(other, 'running')).toBe(2)
    const streams = instance('one', 'in-promotion')
    await streams.start()
    await expect.poll(() => tasks(streams, 'running') + tasks(streams, 'standby')).toBe(2)
    await other.stop()
    await expect.poll(() => tasks(streams, 'running')).toBe(2)
    expect(kills).toBe(1)
    await streams.stop()
  })
})

describe('A crash plan', () => {
  it('names a point and the n-th time it is reached', () => {
    expect(parseCrashPlan('mid-restore:3')).toEqual({ point: 'mid-restore', passing: 3 })
  })

  it.each(['mid-restore', 'mid-restore:0', 'mid-restore:x', 'nowhere:1', ''])('is not read from "%s"', (text) => {
    expect(parseCrashPlan(text)).toBeUndefined()
  })
})
