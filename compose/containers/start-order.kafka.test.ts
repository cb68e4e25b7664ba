import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { COMPANY_IBAN } from '../../processors/index.ts'
import { BrokerError, createRecordBatchBuilder, FatalBrokerError, KafkaBroker, systemPorts } from '../../topology/index.ts'
import { AccessSynchroniser } from '../access/access-synchroniser.ts'
import type { Principal } from '../access/bank-acls.ts'
import { connectToKafka, readConnection } from '../connection.ts'
import { fetchPackages } from '../kafka/packages.ts'
import { runTool } from '../kafka/run-tool.ts'
import { BankClient } from '../kills/bank-client.ts'
import { compose, copyContainerFiles } from './testing/composition.ts'
import { PlainBank } from './testing/plain-bank.ts'
import { silentLogger } from '../../topology/testing/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_TIMEOUT_MS = 400_000
const STEP_TIMEOUT_MS = 60_000
const DEPOSIT = 'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }'
const TRANSFER = `mutation ($id: ID!, $from: String!, $to: String!) {
  transfer(id: $id, from: $from, to: $to, amount: "100", description: "for the stream") { pending reason }
}`
const ROWS = `subscription { transactions(iban: "${COMPANY_IBAN}") { description } }`
/** Response headers of the page that nginx and the API must agree on. */
const PAGE_HEADERS = [
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'origin-agent-cluster',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
]

let directory: string
let bank: PlainBank

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-containers-'))
  await runTool(process.execPath, ['compose/launch.mjs', 'build'], ROOT)
  const files = await copyContainerFiles(directory)
  bank = await PlainBank.start({
    composition: await compose(files, 'compose.yaml', 'compose.secure.yaml'),
    files,
    packages: await fetchPackages(join(ROOT, 'data/kafka/packages')),
    directory: join(directory, 'run'),
    pageDirectory: join(ROOT, 'dist/web'),
  })
}, START_TIMEOUT_MS)

afterAll(async () => {
  await bank?.stop()
  await rm(directory, { recursive: true, force: true })
}, STEP_TIMEOUT_MS)

/** Connects with the environment of a service, or of the administrator. */
function connected(service: Principal | 'access', environment: Readonly<Record<string, string>> = {}): Promise<KafkaBroker> {
  return connectToKafka(readConnection({}, { ...bank.environment(service), ...environment }), systemPorts(silentLogger), 'test')
}

/** The tests build on each other. */
describe.sequential('The services of the secured compose file, as processes', () => {
  it('start in the order of their dependencies, each after those are healthy or completed', () => {
    expect(bank.started).toEqual([['kafka-1', 'kafka-2', 'kafka-3'], ['access'], ['registry'], ['topics'], ['processor'], ['api'], ['web']])
    expect(bank.processes.get('processor')).toHaveLength(3)
    expect(bank.processes.get('api')).toHaveLength(2)
  })

  it('keep every topic on three brokers', async () => {
    const broker = await connected('access')
    const topics = await broker.admin.describeTopics()
    expect(topics.length).toBeGreaterThan(20)
    for (const { name, replicationFactor } of topics) expect([name, replicationFactor]).toEqual([name, 3])
    expect(new Set(topics.map(({ name }) => name.split('-')[0]))).toEqual(new Set(['bank', 'registry']))
    await broker.close()
  })

  it(
    'execute a transfer sent through nginx, and push its row to an open event stream',
    async () => {
      const client = await retrying(async () => {
        const newcomer = new BankClient(bank.url, `customer-${randomUUID()}`)
        await newcomer.signIn()
        return newcomer
      })
      const [account, deposit, transfer] = [randomUUID(), randomUUID(), randomUUID()]
      const iban = await retrying(() => client.openAccount(account))
      const done = { pending: false, reason: null }
      await retrying(async () => expect(await client.ask(DEPOSIT, { id: deposit, to: iban, amount: '500' })).toEqual({ deposit: done }))
      const stopped = new AbortController()
      const stream = await fetch(`${bank.url}/graphql/stream`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: ROWS }),
        signal: stopped.signal,
      })
      expect(stream.headers.get('content-type')).toContain('text/event-stream')
      const order = { id: transfer, from: iban, to: COMPANY_IBAN }
      const sent = retrying(async () => expect(await client.ask(TRANSFER, order)).toEqual({ transfer: done }))
      expect(await readUntil(stream, 'for the stream')).toContain('event: next')
      await sent
      stopped.abort()
    },
    STEP_TIMEOUT_MS,
  )

  it('are denied no operation by the authorizer', async () => {
    expect((await bank.brokerLogs()).split('\n').filter((line) => line.includes(' is Denied '))).toEqual([])
  })

  it('serve the page from nginx with the same headers as from an API', async () => {
    const accept = { headers: { accept: 'text/html' } }
    const [page, own] = await Promise.all([fetch(`${bank.url}/client`, accept), fetch(`${bank.apis[0]}/client`, accept)])
    expect([page.status, await page.text()]).toEqual([200, await own.text()])
    for (const name of PAGE_HEADERS) expect([name, page.headers.get(name)]).toEqual([name, own.headers.get(name)])
    const [asset = ''] = await readdir(join(ROOT, 'dist/web/assets'))
    const found = await fetch(`${bank.url}/assets/${asset}`)
    expect([found.status, found.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    expect((await fetch(`${bank.url}/assets/of-an-older-page.js`)).status).toBe(404)
    expect((await fetch(`${bank.url}/metrics`)).headers.get('content-type')).toContain('text/html')
  })

  it('answer through nginx while one API is down', async () => {
    const [victim] = bank.processes.get('api') ?? []
    await victim?.end('SIGKILL')
    for (let request = 0; request < 6; request++) {
      const answer = await fetch(`${bank.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `{ transactions(iban: "${COMPANY_IBAN}") { id } }` }),
      })
      expect(answer.status).toBe(200)
    }
  })

  it(
    'give the instance id and state of a killed replica to the replica that replaces it',
    async () => {
      const names = () => (bank.processes.get('processor') ?? []).map(({ output }) => /Processor (\S+) answers/.exec(output)?.[1])
      expect([...names()].sort()).toEqual(['processor-1', 'processor-2', 'processor-3'])
      const [killed] = bank.processes.get('processor') ?? []
      const [name] = names()
      await killed?.end('SIGKILL')
      await bank.startProcessor()
      await expect.poll(() => names().at(-1), { timeout: STEP_TIMEOUT_MS }).toBe(name)
    },
    2 * STEP_TIMEOUT_MS,
  )

  it('cannot write to topics of other principals', async () => {
    const refused: readonly (readonly [Principal, topic: string])[] = [
      ['api', 'bank-account-events'],
      ['api', 'bank-accounts-changelog'],
      ['processor', 'bank-sessions'],
      ['processor', 'registry-journal'],
      ['registry', 'bank-transfer-commands'],
      ['topics', 'bank-user-commands'],
    ]
    for (const [principal, topic] of refused) {
      const broker = await connected(principal, principal === 'registry' ? asRegistry() : {})
      const producer = await broker.openProducer({})
      const batch = createRecordBatchBuilder()
      batch.append(Buffer.from('key'), Buffer.from('value'), Date.now())
      const sent = producer.send(topic, 0, batch).then(() => producer.commit())
      await expect(sent, `${principal} to ${topic}`).rejects.toThrow(/TOPIC_AUTHORIZATION_FAILED/)
      await producer.close()
      await broker.close()
    }
  })

  it('cannot use other transactional ids or groups, create topics, or read ACLs', async () => {
    const [api, processor] = [await connected('api'), await connected('processor')]
    await expect(api.openProducer({ transactionalId: 'bank/one/0' })).rejects.toThrow(/TRANSACTIONAL_ID_AUTHORIZATION_FAILED/)
    await expect(processor.openProducer({ transactionalId: 'bank-2/one/0' })).rejects.toThrow(/TRANSACTIONAL_ID_AUTHORIZATION_FAILED/)
    await expect(api.admin.alterOffsets('bank', [{ topic: 'bank-outcomes', partition: 0, offset: 0 }])).rejects.toThrow(
      /GROUP_AUTHORIZATION_FAILED/,
    )
    await expect(processor.admin.createTopics([{ name: 'bank-anything', partitions: 1 }])).rejects.toThrow(/AUTHORIZATION_FAILED/)
    await expect(processor.access.acls()).rejects.toThrow(/CLUSTER_AUTHORIZATION_FAILED/)
    await Promise.all([api.close(), processor.close()])
  })

  it('cannot connect with a wrong password, without TLS, or to the administrator’s listener without its certificate', async () => {
    const [clients = [], administrators = []] = ['api', 'access'].map((name) => bank.environment(name).BOB_KAFKA?.split(','))
    const { BOB_KAFKA_CA = '', BOB_KAFKA_USER: username = '' } = bank.environment('api')
    const [ssl, options] = [{ ca: await readFile(BOB_KAFKA_CA, 'utf8') }, { ports: systemPorts(silentLogger), retryTimeoutMs: 1_000 }]
    const sasl = { mechanism: 'scram-sha-512', username, password: 'not the password' } as const
    await expect(KafkaBroker.open({ ...options, addresses: clients, ssl, sasl })).rejects.toThrow(FatalBrokerError)
    await expect(KafkaBroker.open({ ...options, addresses: administrators, ssl })).rejects.toThrow(BrokerError)
    await expect(KafkaBroker.open({ ...options, addresses: clients })).rejects.toThrow(BrokerError)
  })

  it('have missing ACLs created and surplus ACLs deleted', async () => {
    const broker = await connected('access')
    const principal = 'User:processor'
    await broker.access.create([{ principal, resource: 'topic', pattern: 'literal', name: 'bank-sessions', operation: 'read' }])
    await broker.access.delete([{ principal, resource: 'group', pattern: 'literal', name: 'bank', operation: 'read' }])
    const synchroniser = new AccessSynchroniser(broker.access)
    const planned = await synchroniser.plan()
    expect([planned.missing.length, planned.surplus.length, planned.matches]).toEqual([1, 1, false])
    const environment = bank.environment('access')
    const passwordOf = (user: string): string => environment[`BOB_PASSWORD_${user.toUpperCase()}`] ?? ''
    const passwords = {
      topics: passwordOf('topics'),
      registry: passwordOf('registry'),
      processor: passwordOf('processor'),
      api: passwordOf('api'),
    }
    expect(await synchroniser.apply(planned, passwords)).toEqual({ missing: [], surplus: [], matches: true })
    await broker.close()
  })
})

/** Retries, because tasks may still be moving to processors that have just joined. Commands keep their ids, so each is executed once. */
function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  return vi.waitFor(attempt, { timeout: STEP_TIMEOUT_MS, interval: 500 })
}

/** The registry is a Java program; this is its account in the variables of our own processes. */
function asRegistry(): Readonly<Record<string, string>> {
  return {
    ...bank.environment('topics'),
    BOB_KAFKA_USER: 'registry',
    BOB_KAFKA_PASSWORD: bank.environment('registry').REGISTRY_PASSWORD ?? '',
  }
}

/** Reads until the text has arrived. Returns everything read. */
async function readUntil(response: Response, text: string): Promise<string> {
  let seen = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    seen += decoder.decode(chunk, { stream: true })
    if (seen.includes(text)) return seen
  }
  throw new Error(`The stream ended without "${text}": ${seen}`)
}
