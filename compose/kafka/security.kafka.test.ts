import { execFile } from 'node:child_process'
import { pbkdf2, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  createRecordBatchBuilder,
  FatalBrokerError,
  KafkaBroker,
  RetriableBrokerError,
  systemPorts,
  type KafkaBrokerOptions,
  type OauthToken,
  type Producer,
} from '../../topology/index.ts'
import { LocalKafka } from './local-kafka.ts'
import { Forwarder } from './testing/forwarder.ts'

const START_MS = 120_000
/** The shortest that the broker allows a client to go without authenticating again. */
const SESSION_MS = 5_000
/** So many connections are replaced while the client is busy; few are in use, so that each session has ended more than once. */
const RENEWALS = 4
const SASL_LOGIN = 'org.apache.kafka.common.security'
const ALICE = { username: 'alice', password: 'a secret, with = and ,' }
const MECHANISMS = ['scram-sha-256', 'scram-sha-512'] as const
const run = promisify(execFile)
const quiet = () => undefined

let directory: string
let kafka: LocalKafka
let tls: Forwarder
let ca: string
let warnings: string[]
let broker: KafkaBroker | undefined
let topic: string

/** Clients connect to an IPv6 address with SCRAM or OAUTHBEARER, or through the forwarder with TLS and PLAIN. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-secure-'))
  tls = await Forwarder.listen()
  const [key, certificate, keystore] = ['key.pem', 'certificate.pem', 'keystore.pem'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2', '-subj', '/CN=broker']
  await run('openssl', [...request, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate])
  ca = await readFile(certificate, 'utf8')
  await writeFile(keystore, `${await readFile(key, 'utf8')}${ca}`)
  kafka = await LocalKafka.start({
    classPath: inject('kafkaClassPath'),
    directory: join(directory, 'kafka'),
    brokers: 1,
    host: '[::1]',
    proxies: [tls.port],
    settings: {
      'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXY:SASL_SSL',
      'connections.max.reauth.ms': `${SESSION_MS}`,
      'listener.name.client.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'listener.name.client.scram-sha-256.sasl.jaas.config': `${SASL_LOGIN}.scram.ScramLoginModule required;`,
      'listener.name.client.scram-sha-512.sasl.jaas.config': `${SASL_LOGIN}.scram.ScramLoginModule required;`,
      'listener.name.client.oauthbearer.sasl.jaas.config': `${SASL_LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      'listener.name.proxy.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.proxy.plain.sasl.jaas.config': `${SASL_LOGIN}.plain.PlainLoginModule required user_bob="builder";`,
      'listener.name.proxy.ssl.keystore.type': 'PEM',
      'listener.name.proxy.ssl.keystore.location': keystore,
    },
  })
  tls.to(kafka.brokers[0]?.proxiedPort)
  const administrator = await KafkaBroker.open({ addresses: kafka.brokerAddresses, ports: systemPorts() })
  for (const [mechanism, hash, length] of [
    ['scram-sha-256', 'sha256', 32],
    ['scram-sha-512', 'sha512', 64],
  ] as const) {
    const salt = randomBytes(16)
    const saltedPassword = await promisify(pbkdf2)(ALICE.password, salt, 4_096, length, hash)
    await administrator.access.setCredentials([{ user: ALICE.username, mechanism, iterations: 4_096, salt, saltedPassword }])
  }
  await administrator.close()
}, START_MS)

afterAll(async () => {
  await tls.close()
  await kafka.stop()
  await rm(directory, { recursive: true, force: true })
}, START_MS)

beforeEach(() => {
  warnings = []
  topic = `secure-${randomUUID()}`
})

afterEach(async () => {
  await broker?.close()
  broker = undefined
})

async function open(options: Partial<KafkaBrokerOptions>): Promise<KafkaBroker> {
  const warn = (text: string, fields?: object): void => void warnings.push(`${text} ${JSON.stringify(fields)}`)
  const ports = systemPorts({ debug: quiet, info: quiet, warn, error: warn })
  broker = await KafkaBroker.open({ addresses: kafka.addresses, ports, retryTimeoutMs: 2_000, ...options })
  return broker
}

async function send(producer: Producer, value: string): Promise<void> {
  const batch = createRecordBatchBuilder()
  batch.append(null, Buffer.from(value), Date.now())
  await producer.send(topic, 0, batch)
  await producer.commit()
}

/** A token that is not signed; this broker accepts such tokens. */
function tokenOf(name: string, lifetimeMs = 60_000): OauthToken {
  const now = Date.now() / 1_000
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url')
  return { value: `${part({ alg: 'none' })}.${part({ sub: name, iat: now, exp: now + lifetimeMs / 1_000 })}.` }
}

describe('20.C15 A client that authenticates', () => {
  it.each(MECHANISMS)('does so with %s, and reaches a cluster whose brokers have IPv6 addresses', async (mechanism) => {
    expect(kafka.addresses).toEqual([expect.stringMatching(/^\[::1\]:\d+$/)])
    const { admin } = await open({ sasl: { mechanism, ...ALICE } })
    await admin.createTopics([{ name: topic, partitions: 1 }])
    expect((await admin.describeTopics([topic])).map(({ name }) => name)).toEqual([topic])
    expect(warnings).toEqual([])
  })

  it.each(MECHANISMS)('fails for good with a wrong password and %s', async (mechanism) => {
    const opening = open({ sasl: { mechanism, ...ALICE, password: 'wrong' } })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/\[::1\]:\d+ rejects the credentials \(SCRAM-SHA-\d+\): .+ Correct them/)
  })

  it('fails for good with a mechanism that the listener does not offer, and names those that it does', async () => {
    const opening = open({ sasl: { mechanism: 'plain', ...ALICE } })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/does not offer the SASL mechanism PLAIN: configure one of .*SCRAM-SHA-512/)
  })

  it('fails for good on a listener that expects no authentication', async () => {
    const opening = open({ addresses: kafka.brokerAddresses, sasl: { mechanism: 'scram-sha-512', ...ALICE } })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/expects no authentication on this listener/)
  })

  it('learns why a broker does not respond to it when it should have authenticated', async () => {
    await expect(open({})).rejects.toThrow(/listener may expect TLS or authentication/)
  })

  it('uses OAUTHBEARER, and fails for good with a token that the broker rejects', async () => {
    const { admin } = await open({ sasl: { mechanism: 'oauthbearer', token: () => tokenOf('carol') } })
    expect(await admin.describeTopics([topic])).toEqual([])
    for (const token of [tokenOf('carol', -60_000), { value: 'not.a.token' }]) {
      const opening = KafkaBroker.open({
        addresses: kafka.addresses,
        ports: systemPorts(),
        sasl: { mechanism: 'oauthbearer', token: () => token },
      })
      await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
      await expect(opening).rejects.toThrow(/OAUTHBEARER/)
    }
  })

  it('asks a provider at each authentication, and retries while it fails', async () => {
    let calls = 0
    const credentials = async (): Promise<typeof ALICE> => {
      calls++
      if (calls < 4) throw new Error('the vault is sealed')
      return ALICE
    }
    const { admin } = await open({ sasl: { mechanism: 'scram-sha-512', credentials } })
    expect(await admin.describeTopics([topic])).toEqual([])
    expect(calls).toBe(4)
    expect(warnings).toEqual([expect.stringContaining('the vault is sealed')])
    const failing = KafkaBroker.open({
      addresses: kafka.addresses,
      ports: systemPorts(),
      retryTimeoutMs: 200,
      sasl: { mechanism: 'oauthbearer', token: () => Promise.reject(new Error('no token')) },
    })
    await expect(failing).rejects.toBeInstanceOf(RetriableBrokerError)
    await expect(failing).rejects.toThrow(/No credentials for Kafka broker .*: their provider failed: no token/)
  })
})

describe('20.C15 Sessions of five seconds', () => {
  it(
    'end no request: those of a producer, a long poll, a join that outlasts one, and a client that was idle',
    async () => {
      let authentications = 0
      const sasl = {
        mechanism: 'scram-sha-256',
        credentials: () => {
          authentications++
          return ALICE
        },
      } as const
      const { admin, groups } = await open({ sasl })
      const busy = broker as KafkaBroker
      const idle = await KafkaBroker.open({
        addresses: kafka.addresses,
        ports: systemPorts(),
        sasl: { mechanism: 'scram-sha-512', ...ALICE },
      })
      await admin.createTopics([{ name: topic, partitions: 1 }])
      const protocol = { type: 'test', name: 'plain' }
      const member = { groupId: topic, protocol, metadata: Buffer.from('m'), sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 60_000 }
      const first = await groups.join({ ...member, memberId: '' })
      await groups.sync({ groupId: topic, memberId: first.memberId, generation: first.generation, assignments: new Map() })
      const joining = groups.join({ ...member, memberId: '' })
      const producer = await busy.openProducer({ transactionalId: topic })
      const fetcher = busy.openFetcher()
      const read: string[] = []
      const sent: string[] = []
      let atFirst = Infinity
      const isRenewing = (): boolean => authentications < atFirst + RENEWALS
      for (let offset = 0; isRenewing() || read.length < sent.length;) {
        if (isRenewing()) {
          sent.push(`${sent.length}`)
          await send(producer, `${sent.length - 1}`)
        }
        if (sent.length === 1) atFirst = authentications
        const [fetched] = await fetcher.fetch([{ topic, partition: 0, offset }], { maxWaitMs: 1_000 })
        for (const batch of fetched?.batches ?? []) while (batch.next()) read.push(Buffer.from(batch.value ?? []).toString())
        offset = fetched?.nextOffset ?? offset
      }
      expect(read).toEqual(sent)
      const [again, second] = await Promise.all([groups.join({ ...member, memberId: first.memberId }), joining])
      expect(again.generation).toBe(second.generation)
      expect(await idle.admin.describeTopics([topic])).toHaveLength(1)
      expect(warnings).toEqual([])
      await Promise.all([fetcher.close(), producer.close(), idle.close()])
    },
    START_MS,
  )

  it('may be shortened by a token that ends earlier, and another one is asked for before that', async () => {
    let tokens = 0
    const token = (): OauthToken => {
      tokens++
      return tokenOf('carol', 2_000)
    }
    const { admin } = await open({ sasl: { mechanism: 'oauthbearer', token } })
    while (tokens < 4) expect(await admin.describeTopics([topic])).toEqual([])
    expect(warnings).toEqual([])
  })
})

describe('20.C15 A client with TLS', () => {
  const sasl = { mechanism: 'plain', username: 'bob', password: 'builder' } as const
  const addresses = (): readonly string[] => [`127.0.0.1:${tls.port}`]

  it('accepts a certificate that its authority has signed, and authenticates with plain', async () => {
    const { admin } = await open({ addresses: addresses(), ssl: { ca }, sasl })
    expect(await admin.describeTopics([topic])).toEqual([])
    expect(warnings).toEqual([])
  })

  it('fails for good on a certificate that it does not trust', async () => {
    const opening = open({ addresses: addresses(), ssl: {}, sasl })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/127\.0\.0\.1:\d+ cannot be used: its certificate is not accepted .* Check ca/)
  })

  it('fails for good on a certificate for another name', async () => {
    const opening = open({ addresses: addresses(), ssl: { ca, servername: 'elsewhere.example' }, sasl })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/)
  })

  it('fails for good on a text that is no PEM', async () => {
    const opening = open({ addresses: addresses(), ssl: { ca, cert: 'x', key: 'y' }, sasl })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/a PEM text cannot be read/)
  })

  it('goes through a socket of its own, if a factory makes one', async () => {
    let made = 0
    const socketFactory = () => {
      made++
      return connect(tls.port, '127.0.0.1')
    }
    const { admin } = await open({ addresses: ['127.0.0.1:1'], ssl: { ca }, sasl, socketFactory })
    expect(await admin.describeTopics([topic])).toEqual([])
    expect(made).toBeGreaterThan(0)
  })

  it('says so when the listener has none, and a client without says so when it has', async () => {
    await expect(open({ addresses: kafka.brokerAddresses, ssl: { ca } })).rejects.toThrow(/ssl|TLS/)
    await expect(open({ addresses: addresses() })).rejects.toThrow(/TLS/)
  })
})
