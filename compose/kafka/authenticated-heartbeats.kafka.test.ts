import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  KafkaBroker,
  systemPorts,
  UnknownMemberError,
  type GroupMember,
  type KafkaBrokerOptions,
  type LogFields,
  type SaslOptions,
} from '../../topology/index.ts'
import { LocalKafka } from './local-kafka.ts'
import { runTool } from './run-tool.ts'

const START_MS = 120_000
const SESSION_MS = 1_500
const BLOCKED_MS = 3 * SESSION_MS
const TIMES = { heartbeatIntervalMs: 100, maxPollIntervalMs: 60_000 }
const LOGIN = 'org.apache.kafka.common.security'

let directory: string
let kafka: LocalKafka
let ca: string
let warnings: LogFields[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-heartbeats-'))
  const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate])
  ca = await readFile(certificate, 'utf8')
  await writeFile(both, `${await readFile(key, 'utf8')}${ca}`)
  kafka = await LocalKafka.start({
    classPath: inject('kafkaClassPath'),
    directory,
    brokers: 1,
    settings: {
      'listener.security.protocol.map': 'CLIENT:SASL_SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXY:PLAINTEXT',
      'listener.name.client.ssl.keystore.type': 'PEM',
      'listener.name.client.ssl.keystore.location': both,
      'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,OAUTHBEARER',
      'listener.name.client.plain.sasl.jaas.config': `${LOGIN}.plain.PlainLoginModule required user_bob="password of bob";`,
      'listener.name.client.oauthbearer.sasl.jaas.config': `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    },
  })
}, START_MS)

afterAll(async () => {
  await kafka.stop()
  await rm(directory, { recursive: true, force: true })
}, START_MS)

async function connected(sasl: SaslOptions, options: Partial<KafkaBrokerOptions> = {}): Promise<KafkaBroker> {
  warnings = []
  const ignore = (): void => undefined
  const warn = (_: string, fields: LogFields = {}): void => void warnings.push(fields)
  const ports = systemPorts({ debug: ignore, info: ignore, warn, error: warn })
  return KafkaBroker.open({ addresses: kafka.addresses, ports, ssl: { ca }, sasl, ...options })
}

async function joined(broker: KafkaBroker): Promise<GroupMember> {
  const protocol = { type: 'test', name: 'plain' }
  const group = {
    groupId: randomUUID(),
    protocol,
    metadata: Buffer.from('m'),
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: SESSION_MS,
  }
  const { memberId, generation } = await broker.groups.join({ ...group, memberId: '', instanceId: 'one' })
  const member = { groupId: group.groupId, memberId, generation }
  await broker.groups.sync({ ...member, assignments: new Map() })
  return member
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A token without a signature, which the broker accepts unless it is configured to verify it. */
function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  return `${part({ alg: 'none' })}.${part({ sub: 'bob', iat: now, exp: now + 3_600 })}.`
}

const PASSWORD: SaslOptions = { mechanism: 'plain', username: 'bob', password: 'password of bob' }
/** A function of the application, which no other thread can call. */
const TOKEN: SaslOptions = { mechanism: 'oauthbearer', token: async () => ({ value: token() }) }

describe('20.C14 over TLS, a member', () => {
  it.each([
    ['with a password', PASSWORD],
    ['with tokens from a function', TOKEN],
  ])('%s keeps its session while its thread is blocked', async (_, sasl) => {
    const broker = await connected(sasl)
    const member = await joined(broker)
    await broker.groups.keepAlive(member, TIMES)
    block(BLOCKED_MS)
    await broker.groups.heartbeat(member)
    expect(warnings).toEqual([])
    await broker.close()
  })

  it.each([
    ['nothing keeps it alive', undefined, false],
    ['it has been released', TIMES, true],
    ['maxPollIntervalMs has passed', { ...TIMES, maxPollIntervalMs: 500 }, false],
  ])('loses its session while its thread is blocked when %s', async (_, times, isReleased) => {
    const broker = await connected(PASSWORD)
    const member = await joined(broker)
    if (times !== undefined) await broker.groups.keepAlive(member, times)
    if (isReleased) await broker.groups.release(member.groupId, member.memberId)
    block(BLOCKED_MS)
    await expect(broker.groups.heartbeat(member)).rejects.toBeInstanceOf(UnknownMemberError)
    await broker.close()
  })

  it('is warned once that its sockets are of the main thread only', async () => {
    const broker = await connected(PASSWORD, { socketFactory: ({ host, port }) => connect({ host, port }) })
    const member = await joined(broker)
    for (let times = 0; times < 2; times++) await broker.groups.keepAlive(member, TIMES)
    await broker.groups.heartbeat(member)
    expect(warnings.map(({ code }) => code)).toEqual(['heartbeats-not-apart'])
    await broker.close()
  })
})
