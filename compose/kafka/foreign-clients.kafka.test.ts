import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  createRecordBatchBuilder,
  KafkaBroker,
  partitionName,
  prepareCompression,
  systemPorts,
  type Broker,
  type Compression,
  type TopicPartition,
} from '../../topology/index.ts'
import { findJava, SMALL_JVM_FLAGS } from './java.ts'
import { runTool } from './run-tool.ts'

const CODECS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const CLIENTS = ['java', 'librdkafka'] as const
type Client = (typeof CLIENTS)[number]

const PROGRAMS = join(dirname(fileURLToPath(import.meta.url)), 'testing/foreign-clients')
/** The same release as the one that the golden batches were made with. */
const LIBRDKAFKA = 'confluent-kafka==2.6.1'
const JAVA_VERSION = 17
/** Per transaction. Enough for several blocks of a codec. */
const RECORDS = 2_000
const INSTALL_TIMEOUT_MS = 180_000
const KEEP = { 'retention.ms': '-1' }
const STAMPED = { ...KEEP, 'message.timestamp.type': 'LogAppendTime' }

const ignore = (): void => undefined
const ports = systemPorts({ debug: ignore, info: ignore, warn: ignore, error: ignore })
const prefix = `foreign-${ports.random.uuid()}`

let broker: Broker
let python: string
let java: string

beforeAll(async () => {
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports })
  java = await findJava(JAVA_VERSION)
  python = await mkdtemp(join(tmpdir(), 'bob-librdkafka-'))
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--root-user-action=ignore',
    '--target',
    python,
    LIBRDKAFKA,
  ]
  await runTool('python3', pip)
  for (const codec of CODECS) await prepareCompression(codec)
}, INSTALL_TIMEOUT_MS)

afterAll(async () => {
  await broker.close()
  await rm(python, { recursive: true, force: true })
})

describe.each(CLIENTS)('20.B7 What a producer of %s wrote', (client) => {
  it('in transactions, with each codec, is read here without what it aborted', async () => {
    const topics = await createTopics(`from-${client}`, KEEP)
    await run(client, 'write', [String(RECORDS), ...topics.map(({ topic, codec }) => `${topic}=${codec}`)])
    for (const { topic } of topics) {
      const lines = await linesOf(topic)
      expect(lines.map(withoutOffset)).toEqual(Array.from({ length: 2 * RECORDS }, (_, n) => lineOf(n, 1_700_000_000_000 + n)))
    }
  }, 120_000)

  it('20.B6 to a topic with LogAppendTime, with each codec, has the broker’s timestamps here, the same as for its own consumer', async () => {
    const topics = await createTopics(`stamped-by-${client}`, STAMPED)
    await run(client, 'write', ['200', ...topics.map(({ topic, codec }) => `${topic}=${codec}`)])
    const seen = await run(
      client,
      'read',
      topics.map(({ topic }) => topic),
    )
    for (const { topic } of topics) {
      const lines = await linesOf(topic)
      expect(lines).toHaveLength(400)
      expect(lines.map((line) => `${topic}\t${line}`)).toEqual(
        seen.filter((line) => line.startsWith(`${topic}\t`)).map((line) => line.replace('\tLogAppendTime\t', '\t')),
      )
      expect(lines.some((line) => line.split('\t')[1]?.startsWith('17000000'))).toBe(false)
    }
  }, 120_000)
})

describe('20.B7 What is written here with each codec', () => {
  it.each(CLIENTS)(
    'is read by a consumer of %s, also after the broker has recompressed it',
    async (client) => {
      const topics = [
        ...(await createTopics(`for-${client}`, KEEP)),
        ...(await createTopics(`for-${client}-as-gzip`, { ...KEEP, 'compression.type': 'gzip' })),
        ...(await createTopics(`for-${client}-as-snappy`, { ...KEEP, 'compression.type': 'snappy' })),
      ]
      for (const { topic, codec } of topics) await write({ topic, partition: 0 }, codec)
      const seen = await run(
        client,
        'read',
        topics.map(({ topic }) => topic),
      )
      for (const { topic } of topics) {
        const lines = seen.filter((line) => line.startsWith(`${topic}\t`))
        expect(lines.map((line) => line.slice(topic.length + 1).replace('\tCreateTime\t', '\t')).map(withoutOffset)).toEqual(
          Array.from({ length: RECORDS }, (_, n) => lineOf(n, 1_700_000_000_000 + n)),
        )
        expect((await linesOf(topic)).map(withoutOffset)).toEqual(
          Array.from({ length: RECORDS }, (_, n) => lineOf(n, 1_700_000_000_000 + n)),
        )
      }
    },
    120_000,
  )
})

interface CodecTopic {
  readonly topic: string
  readonly codec: Compression
}

/** A topic per codec, of one partition. */
async function createTopics(name: string, config: Readonly<Record<string, string>>): Promise<readonly CodecTopic[]> {
  const topics = CODECS.map((codec) => ({ topic: `${prefix}-${name}-${codec}`, codec }))
  await broker.admin.createTopics(topics.map(({ topic }) => ({ name: topic, partitions: 1, config })))
  return topics
}

/** Runs the client's program. Resolves with the lines that it printed. */
async function run(client: Client, command: 'read' | 'write', args: readonly string[]): Promise<readonly string[]> {
  const all = [command, inject('kafka').join(','), ...args]
  const { stdout } =
    client === 'java'
      ? await runTool(java, [...SMALL_JVM_FLAGS, '-cp', inject('kafkaClassPath'), join(PROGRAMS, 'JavaClient.java'), ...all])
      : await runTool('python3', [join(PROGRAMS, 'librdkafka_client.py'), ...all], undefined, { PYTHONPATH: python })
  return stdout.split('\n').filter((line) => line.includes('\t'))
}

/** One committed transaction of the records that the other clients write, too. */
async function write({ topic, partition }: TopicPartition, codec: Compression): Promise<void> {
  const producer = await broker.openProducer({ transactionalId: `${topic}-${partitionName({ topic, partition })}` })
  const batch = createRecordBatchBuilder(codec)
  for (let n = 0; n < RECORDS; n++) {
    const headers =
      n % 3 === 0
        ? [
            { key: 'n', value: Buffer.from(String(n)) },
            { key: 'nothing', value: null },
          ]
        : []
    batch.append(bytesOf(keyOf(n)), bytesOf(valueOf(n)), 1_700_000_000_000 + n, headers)
  }
  await producer.send(topic, partition, batch)
  await producer.commit()
  await producer.close()
}

/** Every committed record as a line: offset, timestamp, key, value, headers. */
async function linesOf(topic: string): Promise<readonly string[]> {
  const fetcher = broker.openFetcher()
  const lines: string[] = []
  const text = (bytes: Uint8Array | null): string => (bytes === null ? 'null' : Buffer.from(bytes).toString())
  const [end] = await broker.admin.listOffsets([{ topic, partition: 0 }], 'stable')
  for (let offset = 0; offset < (end?.offset ?? 0);) {
    for (const { batches, nextOffset } of await fetcher.fetch([{ topic, partition: 0, offset }], { maxWaitMs: 1_000 })) {
      for (const batch of batches) {
        while (batch.next()) {
          const headers = batch.headers.map(({ key, value }) => `${key}=${text(value)};`).join('')
          if (batch.offset >= offset) lines.push([batch.offset, batch.timestamp, text(batch.key), text(batch.value), headers].join('\t'))
        }
      }
      offset = nextOffset
    }
  }
  await fetcher.close()
  return lines
}

function withoutOffset(line: string): string {
  return line.slice(line.indexOf('\t') + 1)
}

/** The n-th record of the clients' programs, without its offset. */
function lineOf(n: number, timestamp: number): string {
  const headers = n % 3 === 0 ? `n=${n};nothing=null;` : ''
  return [timestamp, keyOf(n) ?? 'null', valueOf(n) ?? 'null', headers].join('\t')
}

function keyOf(n: number): string | null {
  return n % 7 === 3 ? null : `key-${n}`
}

function valueOf(n: number): string | null {
  return n % 11 === 5 ? null : `value ${n} `.repeat(1 + (n % 5))
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text)
}
