import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { manualPorts } from '../../testing/manual-ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { FatalBrokerError, RetriableBrokerError } from '../errors.ts'
import { Connection, NoResponseError, type ConnectionOptions } from './connection.ts'
import { metadata, Writer } from './protocol/index.ts'
import { ScriptedBroker, type Response } from './testing/scripted-broker.ts'

const [PRODUCE, METADATA, SASL_HANDSHAKE, API_VERSIONS, END_TXN, TXN_OFFSET_COMMIT, SASL_AUTHENTICATE] = [0, 3, 17, 18, 26, 28, 36] as const
const SASL = { mechanism: 'plain', username: 'alice', password: 'secret' } as const
const RANGES: Readonly<Record<number, number>> = {
  [PRODUCE]: 12,
  [METADATA]: 13,
  [SASL_HANDSHAKE]: 1,
  [END_TXN]: 5,
  [TXN_OFFSET_COMMIT]: 5,
  [SASL_AUTHENTICATE]: 2,
}

let broker: ScriptedBroker | undefined

afterEach(async () => {
  await broker?.close()
  broker = undefined
})

/** The response of a broker of this version of Kafka, except for the newest versions that are given. */
function versions(newest: Readonly<Record<number, number>> = {}, features: Readonly<Record<string, number>> = {}): Response {
  return (writer) => {
    writer
      .int16(0)
      .compactArray(Object.entries({ ...RANGES, ...newest }), ([apiKey, version]) =>
        writer.int16(Number(apiKey)).int16(0).int16(version).noTags(),
      )
    writer.int32(0)
    const field = new Writer()
    const { bytes } = field.compactArray(Object.entries(features), ([name, level]) =>
      field.compactString(name).int16(level).int16(level).noTags(),
    )
    writer.uvarint(1).uvarint(2).uvarint(bytes.length).raw(bytes)
  }
}

const handshake: Response = (writer) => void writer.int16(0).array(['PLAIN'], (name) => writer.string(name))
const authenticated =
  (lifetimeMs: number): Response =>
  (writer) =>
    void writer.int16(0).string(null).byteArray(Buffer.alloc(0)).int64(lifetimeMs)

async function open(responses: Readonly<Record<number, Response>>, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  broker = await ScriptedBroker.listen(responses)
  return Connection.open(broker.address, { clientId: 'test', ports: systemPorts(), ...options })
}

describe('20.C17 A broker that is too old', () => {
  it('for the first request of a connection is refused with the minimum version', async () => {
    const opening = open({ [API_VERSIONS]: (writer) => void writer.int16(35).array([], () => undefined) })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/127\.0\.0\.1:\d+ is older than 2\.4: upgrade the cluster to Kafka 4\.0 or newer/)
  })

  it.each([
    ['Produce', PRODUCE, 11],
    ['EndTxn', END_TXN, 4],
    ['TxnOffsetCommit', TXN_OFFSET_COMMIT, 4],
  ])('for transactions is refused with the minimum version: %s', async (name, apiKey, newest) => {
    const opening = open({ [API_VERSIONS]: versions({ [apiKey]: newest }) })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(
      new RegExp(`is older than 4\\.0 \\(it supports ${name} up to version ${newest}.*Kafka 4\\.0 or newer`),
    )
  })

  it('for one request is named with the versions that it supports', async () => {
    const connection = await open({ [API_VERSIONS]: versions({ [METADATA]: 11 }) })
    await expect(connection.request(metadata([]))).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(connection.request(metadata([]))).rejects.toThrow(/supports Metadata in versions 0 to 11, and version 12 is needed/)
    connection.close()
  })

  it.each([{ 'metadata.version': 25 }, { 'metadata.version': 25, 'transaction.version': 1 }])(
    'by its finalized features (%o) is refused with the command that raises them',
    async (features) => {
      await expect(open({ [API_VERSIONS]: versions({}, features) })).rejects.toThrow(
        /kafka-features\.sh upgrade --feature transaction\.version=2/,
      )
    },
  )

  it('is not one that has the feature, or does not know the features yet', async () => {
    const known = await open({ [API_VERSIONS]: versions({}, { 'metadata.version': 25, 'transaction.version': 2 }) })
    known.close()
    await broker?.close()
    const unknown = await open({ [API_VERSIONS]: versions() })
    unknown.close()
  })
})

describe('20.C15 Opening a connection', () => {
  it.each<[when: string, responses: Readonly<Record<number, Response>>]>([
    ['before the first response', { [API_VERSIONS]: 'close' }],
    ['at the choice of the mechanism', { [API_VERSIONS]: versions(), [SASL_HANDSHAKE]: 'close' }],
    ['during the authentication', { [API_VERSIONS]: versions(), [SASL_HANDSHAKE]: handshake, [SASL_AUTHENTICATE]: 'close' }],
  ])('may be tried again when the broker dies %s', async (_, responses) => {
    const opening = open(responses, { sasl: SASL })
    await expect(opening).rejects.toBeInstanceOf(RetriableBrokerError)
    await expect(opening).rejects.not.toBeInstanceOf(NoResponseError)
    await expect(opening).rejects.toThrow(/unreachable/)
  })

  it('fails for good, with the reason of the broker, when it refuses the credentials', async () => {
    const refused: Response = (writer) => void writer.int16(58).string('wrong password').byteArray(Buffer.alloc(0)).int64(0)
    const opening = open({ [API_VERSIONS]: versions(), [SASL_HANDSHAKE]: handshake, [SASL_AUTHENTICATE]: refused }, { sasl: SASL })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(/rejects the credentials \(PLAIN\): wrong password/)
  })

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n\r\n', /not Kafka’s protocol.*Check the address/],
    ['\x15\x03\x03\x00\x02\x02\x28', /it expects TLS/],
  ])('fails for good when what listens there is no such broker: %j', async (greeting, reason) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(Buffer.from(greeting, 'latin1'))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const opening = Connection.open({ host: '127.0.0.1', port }, { clientId: 'test', ports: systemPorts() })
    await expect(opening).rejects.toBeInstanceOf(FatalBrokerError)
    await expect(opening).rejects.toThrow(reason)
    server.close()
  })
})

describe('20.C15 A connection', () => {
  it('is not used for another request shortly before its session ends', async () => {
    const ports = manualPorts()
    const responses = { [API_VERSIONS]: versions(), [SASL_HANDSHAKE]: handshake, [SASL_AUTHENTICATE]: authenticated(10_000) }
    const connection = await open(responses, { sasl: SASL, ports })
    await ports.advance(7_900)
    expect(connection.isUsable).toBe(true)
    await ports.advance(200)
    expect(connection.isUsable).toBe(false)
    connection.close()
  })

  it('is usable for ever when its session has no end', async () => {
    const ports = manualPorts()
    const responses = { [API_VERSIONS]: versions(), [SASL_HANDSHAKE]: handshake, [SASL_AUTHENTICATE]: authenticated(0) }
    const connection = await open(responses, { sasl: SASL, ports })
    await ports.advance(1_000_000)
    expect(connection.isUsable).toBe(true)
    connection.close()
  })

  it('is of no use after a request without a response', async () => {
    const ports = manualPorts()
    const connection = await open({ [API_VERSIONS]: versions() }, { ports })
    const request = connection.request(metadata([]))
    const rejected = expect(request).rejects.toBeInstanceOf(NoResponseError)
    await ports.advance(5_001)
    await rejected
    expect(connection.isUsable).toBe(false)
    await expect(connection.request(metadata([]))).rejects.toThrow(/did not respond to Metadata: no response within 5000 ms/)
  })
})
