import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FencedError, KafkaBroker } from '../../broker/index.ts'
import { prefixedBroker } from '../../broker/kafka/testing/prefixed-broker.ts'
import { kafkaAddresses } from '../../broker/kafka/testing/kafka-addresses.ts'
import { systemPorts } from '../../system-ports.ts'
import { TestLog } from '../../testing/test-log.ts'
import { memoryTaskStorages, type Streams } from '../index.ts'
import { Application } from '../testing/application.ts'
import { counting } from '../testing/counting.ts'
import { tasksIn } from '../testing/tasks-in.ts'

const PARTITIONS = 4
const TIMES = { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 200 }
const POLLING = { timeout: 50_000 }
const log = new TestLog(systemPorts().clock)
const ports = systemPorts(log.logger)

let app: Application

beforeEach(async ({ onTestFailed }) => {
  log.tellIf(onTestFailed)
  const kafka = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
  const broker = prefixedBroker(kafka, `${ports.random.uuid()}-`, async () => undefined)
  app = await Application.open({ topology: counting(), topics: ['in', 'out'], partitions: PARTITIONS, broker })
})

afterEach(() => app.close())

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const upTo = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1))

async function countsOf(key: string): Promise<(string | null)[]> {
  return (await app.read('out')).filter((row) => row.key === key).map(({ value }) => value)
}

/** Resolves when every task runs on exactly one of the instances. */
async function allTasksRunning(...instances: readonly Streams[]): Promise<void> {
  await expect
    .poll(() => instances.flatMap((instance) => tasksIn(instance, 'running')).toSorted(), POLLING)
    .toEqual(['0_0', '0_1', '0_2', '0_3'])
}

describe('An application on Kafka', () => {
  it('counts every record once and in order while instances start, stop and die', async () => {
    let sent = 0
    const send = async (): Promise<void> => {
      await app.send('in', ...KEYS.map((key) => [key, 'x'] as const))
      sent++
    }
    const one = await app.start('one', TIMES)
    await send()
    await allTasksRunning(one)
    const two = await app.start('two', TIMES)
    for (let times = 0; times < 5; times++) await send()
    await allTasksRunning(one, two)
    const three = await app.start('three', TIMES)
    for (let times = 0; times < 5; times++) await send()
    await one.stop()
    await send()
    await allTasksRunning(two, three)
    await two.kill()
    const again = await app.start('two', TIMES)
    for (let times = 0; times < 5; times++) await send()
    await allTasksRunning(again, three)
    await expect.poll(async () => (await app.read('out')).length, POLLING).toBeGreaterThanOrEqual(sent * KEYS.length)
    for (const key of KEYS) expect(await countsOf(key)).toEqual(upTo(sent))
  })

  it('reads committed offsets only after the former owner has been fenced', async () => {
    await app.send('in', ...KEYS.map((key) => [key, 'x'] as const))
    const ends = await app.broker.admin.listOffsets(
      Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'in', partition })),
      'latest',
    )
    const zombies = await Promise.all(
      ends.map(async (end) => {
        const zombie = await app.broker.openProducer({ transactionalId: `app/gone/${end.partition}` })
        await zombie.sendOffsets({ groupId: 'app', memberId: '', generation: -1 }, [end])
        return zombie
      }),
    )
    await app.start('one', TIMES)
    await expect.poll(async () => (await app.read('out')).length, POLLING).toBe(KEYS.length)
    for (const key of KEYS) expect(await countsOf(key)).toEqual(['1'])
    for (const zombie of zombies) await expect(zombie.commit()).rejects.toBeInstanceOf(FencedError)
  })

  it('returns its tasks to an instance that was killed and restarts, without a rebalance of the others', async () => {
    const storages = memoryTaskStorages()
    const one = await app.start('one', TIMES)
    const two = await app.start('two', { ...TIMES, storages })
    await allTasksRunning(one, two)
    await expect.poll(() => [one.state, two.state], POLLING).toEqual(['running', 'running'])
    const [tasks, generation] = [tasksIn(two, 'running'), one.generation]
    const states: string[] = []
    one.onStateChange((state) => states.push(state))
    await two.kill()
    const again = await app.start('two', { ...TIMES, storages })
    await allTasksRunning(one, again)
    expect(tasksIn(again, 'running')).toEqual(tasks)
    expect([one.generation, again.generation]).toEqual([generation, generation])
    expect(states).toEqual([])
  })

  it('fails with advice when its committed offset is no longer in the log, and skips nothing', async () => {
    const key = 'a'
    const one = await app.start('one', TIMES)
    const [end] = await app.send('in', [key, 'x'])
    if (end === undefined) throw new RangeError('nothing was sent')
    await expect.poll(() => countsOf(key), POLLING).toEqual(['1'])
    await one.stop()
    const [later] = await app.send('in', [key, 'x'], [key, 'x'])
    await app.broker.admin.deleteRecords([{ ...end, offset: later?.offset ?? 0 }])
    const two = await app.start('two', TIMES)
    await expect.poll(() => two.state, POLLING).toBe('failed')
    expect(String(two.failure)).toMatch(/OFFSET_OUT_OF_RANGE.*set the group's offsets by hand/)
    expect(await countsOf(key)).toEqual(['1'])
    expect(await app.broker.groups.committedOffsets('app', [end])).toMatchObject([end])
  })
})
