import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  createRecordBatchBuilder,
  inProcessQueryTransport,
  KafkaBroker,
  memoryTaskStorages,
  readDeadLetters,
  redriveDeadLetters,
  Serdes,
  Streams,
  StreamsBuilder,
  systemPorts,
  writeDeadLetter,
  type Topology,
} from '../../topology/index.ts'
import { findJava, SMALL_JVM_FLAGS } from './java.ts'
import { runTool } from './run-tool.ts'

const GROUP_COMMAND = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
const RESETTER = 'org.apache.kafka.tools.StreamsResetter'
const JAVA_VERSION = 17
const TIMEOUT_MS = 120_000
const POLLING = { timeout: 50_000, interval: 100 }
const PARTITIONS = [0, 1, 2, 3]
const SESSION_MS = 6_000

const quiet = (): void => undefined
const ports = systemPorts({ debug: quiet, info: quiet, warn: quiet, error: quiet })
const app = `tools-${randomUUID()}`
const input = `${app}-in`
const repartitions = `${app}-by-value-repartition`

const queryTransport = inProcessQueryTransport()

let java: string
let broker: KafkaBroker
let one: Streams
let two: Streams
/** Records wait here while it is pending. */
let gate = Promise.resolve()
let processed = 0

function topology(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(input, { key: Serdes.string, value: Serdes.string })
    .process<string, string>(
      () => {
        let forward: (key: string, value: string) => void
        return {
          init: (context) => {
            forward = (key, value) => context.forward({ key, value, timestamp: 1 })
          },
          process: async ({ key, value }) => {
            await gate
            processed++
            forward(key, String(value))
          },
        }
      },
      { name: 'gated', key: Serdes.string, value: Serdes.string },
    )
    .groupBy((value) => String(value), { name: 'by-value', key: Serdes.string })
    .count({ name: 'counts' })
  return builder.build()
}

async function start(instanceId: string): Promise<Streams> {
  const streams = new Streams({
    topology: topology(),
    applicationId: app,
    instanceId,
    broker,
    ports,
    storages: memoryTaskStorages(),
    endpoint: instanceId,
    queryTransport,
    sessionTimeoutMs: SESSION_MS,
    heartbeatIntervalMs: 200,
  })
  await streams.start()
  return streams
}

/** As many records into each partition of the input. */
async function send(perPartition: number): Promise<void> {
  const producer = await broker.openProducer({})
  for (const partition of PARTITIONS) {
    const batch = createRecordBatchBuilder()
    for (let number = 0; number < perPartition; number++) batch.append(Buffer.from('key'), Buffer.from(`value ${number}`), 1)
    await producer.send(input, partition, batch)
  }
  await producer.commit()
  await producer.close()
}

const inputPartitions = PARTITIONS.map((partition) => ({ topic: input, partition }))
const committed = async (): Promise<readonly number[]> =>
  (await broker.groups.committedOffsets(app, inputPartitions)).map(({ offset }) => offset)

async function tool(main: string, ...args: readonly string[]): Promise<string> {
  const server = ['--bootstrap-server', inject('kafka')[0] ?? '']
  const { stdout, stderr } = await runTool(java, [...SMALL_JVM_FLAGS, '-cp', inject('kafkaClassPath'), main, ...server, ...args])
  return `${stdout}${stderr}`
}

/** The rows of a table that the tool prints, by its column heads. */
function rows(output: string, firstColumn = 'GROUP'): readonly Readonly<Record<string, string>>[] {
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/))
  const heads = lines.find(([first]) => first === firstColumn) ?? []
  return lines
    .slice(lines.indexOf(heads) + 1)
    .filter(({ length }) => length >= heads.length)
    .map((line) => Object.fromEntries(heads.map((head, at) => [head, line[at] ?? ''])))
}

const tasksOf = (streams: Streams): readonly string[] =>
  streams
    .tasks()
    .filter(({ state }) => state === 'running')
    .map(({ name }) => name)
    .toSorted()

/** Resolves when both instances have finished rebalancing. */
async function rebalanced(): Promise<void> {
  await expect
    .poll(() => [one.state, two.state, tasksOf(one).length, tasksOf(two).length], POLLING)
    .toEqual(['running', 'running', PARTITIONS.length, PARTITIONS.length])
}

beforeAll(async () => {
  java = await findJava(JAVA_VERSION)
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports, clientId: 'tools-client' })
  await broker.admin.createTopics([{ name: input, partitions: PARTITIONS.length, config: { 'retention.ms': '-1' } }])
  ;[one, two] = [await start('one'), await start('two')]
}, TIMEOUT_MS)

afterAll(async () => {
  await Promise.all([one.stop(), two.stop()])
  await broker.close()
}, TIMEOUT_MS)

describe('20.C11 Kafka’s tools, with a group of two instances', { timeout: TIMEOUT_MS }, () => {
  it('--describe shows every partition that the tasks read, with its lag and its owner', async () => {
    await rebalanced()
    await send(3)
    await expect.poll(committed, POLLING).toEqual([3, 3, 3, 3])
    let open = quiet
    gate = new Promise((resolve) => (open = () => resolve()))
    await send(2)
    const described = rows(await tool(GROUP_COMMAND, '--describe', '--group', app))
    open()
    const ofInput = described.filter(({ TOPIC }) => TOPIC === input)
    expect(ofInput.map(({ PARTITION }) => Number(PARTITION)).toSorted()).toEqual(PARTITIONS)
    expect(
      described
        .filter(({ TOPIC }) => TOPIC === repartitions)
        .map(({ PARTITION }) => Number(PARTITION))
        .toSorted(),
    ).toEqual(PARTITIONS)
    for (const row of ofInput) {
      const owner = [one, two].find((streams) => tasksOf(streams).includes(`0_${row['PARTITION']}`))
      expect(row).toMatchObject({ GROUP: app, 'CURRENT-OFFSET': '3', 'LOG-END-OFFSET': '5', LAG: '2', 'CLIENT-ID': 'tools-client' })
      expect(row['CONSUMER-ID']).toMatch(new RegExp(`^${owner?.instanceId}-`))
      expect(row['HOST']).toMatch(/^\/127\.0\.0\.1/)
    }
    await expect.poll(committed, POLLING).toEqual([5, 5, 5, 5])
  })

  it('--describe shows no lag once everything is committed, in repartition topics neither', async () => {
    const lags = async (): Promise<readonly (string | undefined)[]> =>
      rows(await tool(GROUP_COMMAND, '--describe', '--group', app))
        .filter((row) => row['LOG-END-OFFSET'] !== '0')
        .map(({ LAG }) => LAG)
    await expect.poll(async () => new Set(await lags()), POLLING).toEqual(new Set(['0']))
    expect((await lags()).length).toBeGreaterThan(PARTITIONS.length)
  })

  it('--members --verbose and --state show both members, what they read, and the protocol', async () => {
    const members = rows(await tool(GROUP_COMMAND, '--describe', '--group', app, '--members', '--verbose'))
    expect(members.map((row) => row['GROUP-INSTANCE-ID']).toSorted()).toEqual(['one', 'two'])
    for (const row of members) {
      const streams = row['GROUP-INSTANCE-ID'] === 'one' ? one : two
      const partitionsIn = (subtopology: number): string =>
        tasksOf(streams)
          .filter((name) => name.startsWith(`${subtopology}_`))
          .map((name) => name.split('_')[1])
          .join(',')
      expect(row['#PARTITIONS']).toBe(String(PARTITIONS.length))
      expect(row['CURRENT-ASSIGNMENT']?.split(';').toSorted()).toEqual(
        [`${repartitions}:${partitionsIn(1)}`, `${input}:${partitionsIn(0)}`].toSorted(),
      )
    }
    expect(await tool(GROUP_COMMAND, '--describe', '--group', app, '--state')).toMatch(/bob-v1\s+Stable\s+2/)
    expect(await tool(GROUP_COMMAND, '--list', '--type', 'classic', '--state', 'stable')).toContain(app)
  })

  it('--reset-offsets is refused while the group has members; after a stop, a start reads from where it points', async () => {
    const resetting = ['--reset-offsets', '--group', app, '--topic', input, '--to-offset', '1', '--execute']
    expect(await tool(GROUP_COMMAND, ...resetting)).toMatch(/only be reset if the group .* is inactive/)
    expect(await committed()).toEqual([5, 5, 5, 5])
    await Promise.all([one.stop(), two.stop()])
    const before = processed
    await tool(GROUP_COMMAND, ...resetting)
    expect(await committed()).toEqual([1, 1, 1, 1])
    ;[one, two] = [await start('one'), await start('two')]
    await rebalanced()
    await expect.poll(committed, POLLING).toEqual([5, 5, 5, 5])
    expect(processed - before).toBe(4 * PARTITIONS.length)
  })

  it('--delete-offsets is refused for a topic that the group reads, and succeeds for another one', async () => {
    const other = `${app}-other`
    await broker.admin.createTopics([{ name: other, partitions: 1 }])
    await Promise.all([one.stop(), two.stop()])
    await broker.admin.alterOffsets(app, [{ topic: other, partition: 0, offset: 7 }])
    ;[one, two] = [await start('one'), await start('two')]
    await rebalanced()
    expect(await tool(GROUP_COMMAND, '--delete-offsets', '--group', app, '--topic', input)).toMatch(/subscribed|failed/i)
    expect(await committed()).toEqual([5, 5, 5, 5])
    await tool(GROUP_COMMAND, '--delete-offsets', '--group', app, '--topic', other)
    expect(await broker.groups.committedOffsets(app, [{ topic: other, partition: 0 }])).toEqual([])
  })

  it('the group of redrives, which has offsets only, is described, reset and deleted', async () => {
    const group = `${app}-redrive`
    const origin = { topic: input, partition: 0, offset: 0 }
    const unreadable = { key: null, value: null, timestamp: 1, headers: [], origin, reason: 'not readable' }
    await writeDeadLetter({ broker, applicationId: app, groupId: `${app}-reader`, time: 1 }, unreadable)
    await expect.poll(async () => (await readDeadLetters(broker, app)).length, POLLING).toBe(1)
    await redriveDeadLetters({ broker, applicationId: app, decide: () => 'discard' })
    const [described] = rows(await tool(GROUP_COMMAND, '--describe', '--group', group))
    expect(described).toMatchObject({ TOPIC: `${app}-dead-letters`, 'CURRENT-OFFSET': '1' })
    await tool(GROUP_COMMAND, '--reset-offsets', '--group', group, '--all-topics', '--to-offset', '1', '--execute')
    expect(await tool(GROUP_COMMAND, '--delete', '--group', group)).toMatch(/Deletion of requested .* was successful/)
  })

  it('--delete removes the offsets of a stopped group, which then starts from the beginning', async () => {
    expect(await tool(GROUP_COMMAND, '--delete', '--group', app)).toMatch(/not empty/i)
    await Promise.all([one.stop(), two.stop()])
    expect(await tool(GROUP_COMMAND, '--delete', '--group', app)).toMatch(/Deletion of requested .* was successful/)
    expect(await committed()).toEqual([])
    const before = processed
    ;[one, two] = [await start('one'), await start('two')]
    await rebalanced()
    await expect.poll(committed, POLLING).toEqual([5, 5, 5, 5])
    expect(processed - before).toBe(5 * PARTITIONS.length)
  })

  it('StreamsResetter resets the input, deletes the internal topics, and the application starts from the beginning', async () => {
    await Promise.all([one.stop(), two.stop()])
    const output = await tool(RESETTER, '--application-id', app, '--input-topics', input)
    expect(output).toContain(`${app}-counts-changelog`)
    expect(await broker.admin.describeTopics([`${app}-counts-changelog`, repartitions])).toEqual([])
    const before = processed
    ;[one, two] = [await start('one'), await start('two')]
    await rebalanced()
    await expect.poll(committed, POLLING).toEqual([5, 5, 5, 5])
    expect(processed - before).toBe(5 * PARTITIONS.length)
    const counts = async (): Promise<readonly number[]> =>
      (await two.queries.keyValue<string, number>('counts').all()).map(({ value }) => value).toSorted()
    await expect.poll(counts, POLLING).toEqual([1, 2, 2].map((perPartition) => perPartition * PARTITIONS.length))
  })
})
