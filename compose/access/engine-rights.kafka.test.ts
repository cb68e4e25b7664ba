import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest'
import {
  applicationTopics,
  createRecordBatchBuilder,
  FatalBrokerError,
  KafkaBroker,
  memoryTaskStorages,
  Serdes,
  Streams,
  StreamsBuilder,
  systemPorts,
  transactionalIdPrefix,
  type Acl,
  type LogFields,
} from '../../topology/index.ts'
import { LocalKafka } from '../kafka/local-kafka.ts'

const PRINCIPAL = 'User:app'
const PASSWORD = 'app-secret'
const POLLING = { timeout: 20_000 }
const TEXT = { key: Serdes.string, value: Serdes.string }

let directory: string
let kafka: LocalKafka
let admin: KafkaBroker
/** Names of the test's own, so that no other test's rights apply. */
let app: string
let input: string
let output: string
let changelog: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-rights-'))
  kafka = await LocalKafka.start({
    classPath: inject('kafkaClassPath'),
    directory,
    brokers: 1,
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXY:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.client.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_app="${PASSWORD}";`,
    },
  })
  admin = await KafkaBroker.open({ addresses: kafka.brokerAddresses, ports: systemPorts() })
}, 120_000)

afterAll(async () => {
  await admin?.close()
  await kafka?.stop()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  app = `app-${randomUUID()}`
  input = `${app}.in`
  output = `${app}.out`
  changelog = `${app}-counts-changelog`
  const declared = [input, output].map((name) => ({ name, partitions: 1 }))
  await admin.admin.createTopics(applicationTopics(app, counting(), declared))
  await admin.access.create(rights())
})

function counting() {
  const builder = new StreamsBuilder()
  builder
    .stream(input, TEXT)
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to(output, TEXT)
  return builder.build()
}

const grant = (operation: Acl['operation'], resource: Acl['resource'], name: string, pattern: Acl['pattern'] = 'literal'): Acl => ({
  principal: PRINCIPAL,
  operation,
  resource,
  name,
  pattern,
})

/** All that an instance needs whose internal topics exist. */
function rights(): readonly Acl[] {
  const internal = [changelog, `${app}-parked-keys-0-changelog`, `${app}-dead-letters`]
  return [
    grant('read', 'topic', input),
    grant('write', 'topic', output),
    ...internal.flatMap((topic) => [grant('read', 'topic', topic), grant('write', 'topic', topic)]),
    grant('read', 'group', app),
    grant('write', 'transactionalId', transactionalIdPrefix(app), 'prefixed'),
  ]
}

interface Started {
  readonly streams: Streams
  readonly infos: readonly LogFields[]
  /** Resolves also when the start is refused, which `streams` tells. */
  readonly starting: Promise<void>
}

async function start(instanceId: string): Promise<Started> {
  const infos: LogFields[] = []
  const nothing = (): void => undefined
  const logger = {
    debug: nothing,
    warn: nothing,
    error: nothing,
    info: (_: string, fields?: LogFields) => void (fields && infos.push(fields)),
  }
  const ports = systemPorts(logger)
  const sasl = { mechanism: 'plain', username: 'app', password: PASSWORD } as const
  const broker = await KafkaBroker.open({ addresses: kafka.addresses, ports, sasl })
  const streams = new Streams({ topology: counting(), applicationId: app, instanceId, broker, ports, storages: memoryTaskStorages() })
  onTestFinished(async () => {
    await streams.stop()
    await broker.close()
  })
  return { streams, infos, starting: streams.start().catch(nothing) }
}

async function send(): Promise<void> {
  const producer = await admin.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(Buffer.from('key'), Buffer.from('value'), Date.now())
  await producer.send(input, 0, batch)
  await producer.commit()
  await producer.close()
}

/** Committed records of the output: what was aborted leaves offsets behind, and no records. */
async function written(): Promise<number> {
  const fetcher = admin.openFetcher()
  try {
    const fetched = await fetcher.fetch([{ topic: output, partition: 0, offset: 0 }], { maxWaitMs: 0 })
    return fetched.flatMap(({ batches }) => batches).reduce((sum, { recordCount }) => sum + recordCount, 0)
  } finally {
    await fetcher.close()
  }
}

async function isCounting(): Promise<Started> {
  const before = await written()
  const started = await start('one')
  await started.starting
  await send()
  await expect.poll(written, POLLING).toBeGreaterThan(before)
  return started
}

/** Ids and names that a test may lack a right on, with the message that it then expects. */
const LACKING: readonly (readonly [right: string, acl: () => Acl])[] = [
  ['READ on topic INPUT', () => grant('read', 'topic', input)],
  ['WRITE on topic OUTPUT', () => grant('write', 'topic', output)],
  ['WRITE on topic APP-counts-changelog', () => grant('write', 'topic', changelog)],
  ['READ on group APP', () => grant('read', 'group', app)],
  ['WRITE and DESCRIBE on transactional id APP/', () => grant('write', 'transactionalId', transactionalIdPrefix(app), 'prefixed')],
]

const messageFor = (right: string): string =>
  `Principal lacks ${right.replace('INPUT', input).replace('OUTPUT', output).replace('APP', app)}`

describe('20.C13 the rights of an instance on a secured cluster', () => {
  it('READ on inputs, WRITE on outputs, both on internal topics, the group and the transactional ids suffice', async () => {
    await admin.admin.createTopics([{ name: `${app}.foreign`, partitions: 1 }])
    const { streams, infos } = await isCounting()
    expect(streams.health()).toEqual({ isHealthy: true, problems: [] })
    const refused = infos.filter(({ code }) => code === 'settings-not-readable')
    expect(refused).toHaveLength(1)
    expect(String(refused[0]?.reason)).toContain('Principal lacks DESCRIBE_CONFIGS on topic')
  })

  it('DESCRIBE_CONFIGS on the changelogs lets it read how long their tombstones are kept', async () => {
    await admin.access.create([changelog, `${app}-parked-keys-0-changelog`].map((topic) => grant('describeConfigs', 'topic', topic)))
    const { infos } = await isCounting()
    expect(infos.filter(({ code }) => code === 'settings-not-readable')).toEqual([])
  })

  it.each(LACKING)('without %s it fails at the start, and says so', async (right, acl) => {
    await admin.access.delete([acl()])
    await send()
    const { streams, starting } = await start('one')
    await starting
    await expect.poll(() => streams.state, POLLING).toBe('failed')
    expect(String(streams.failure)).toContain(messageFor(right))
    expect(streams.failure).toBeInstanceOf(FatalBrokerError)
    expect(streams.health().problems.join()).toContain(messageFor(right))
    expect(await written()).toBe(0)
  })

  it.each(LACKING)('when %s is revoked while it runs it fails, and says so', async (right, acl) => {
    const { streams } = await isCounting()
    await admin.access.delete([acl()])
    await send()
    await expect.poll(() => streams.state, POLLING).toBe('failed')
    expect(String(streams.failure)).toContain(messageFor(right))
  })

  it('DESCRIBE on an output does not suffice', async () => {
    await admin.access.create([grant('describe', 'topic', output)])
    await admin.access.delete([grant('write', 'topic', output)])
    const { streams, starting } = await start('one')
    await starting
    await send()
    await expect.poll(() => streams.state, POLLING).toBe('failed')
    expect(String(streams.failure)).toContain(messageFor('WRITE on topic OUTPUT'))
  })

  it('without READ on a changelog it fails when it has something to restore', async () => {
    const { streams } = await isCounting()
    await streams.stop()
    await admin.access.delete([grant('read', 'topic', changelog)])
    const second = await start('two')
    await second.starting
    await expect.poll(() => second.streams.state, POLLING).toBe('failed')
    expect(String(second.streams.failure)).toContain(messageFor('READ on topic APP-counts-changelog'))
  })

  it('without CREATE it names the internal topic that is missing', async () => {
    await admin.admin.deleteTopics([changelog])
    const { streams, starting } = await start('one')
    await starting
    expect(streams.state).toBe('failed')
    expect(String(streams.failure)).toContain(messageFor('CREATE on topic APP-counts-changelog'))
  })
})
