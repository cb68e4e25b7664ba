import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { ConfluentRegistry, IncompatibleSchemaError, RecordCodec, RegistryUnreachableError, UnknownSchemaError } from './index.ts'

const UNREACHABLE = 'http://127.0.0.1:1'
const COMPLETED = { type: 'TransferCompleted', command: 'c1', transferId: 't1', version: 2, time: 1_700_000_000_000 } as const

let subject: string
let registry: ConfluentRegistry

beforeEach(() => {
  subject = `test.R${randomUUID().replaceAll('-', '')}`
  registry = new ConfluentRegistry({ url: inject('registry') })
})

const schema = (fields: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: subject.slice('test.'.length), namespace: 'test', fields })
const A = { name: 'a', type: 'string' }

describe('A registry with Confluent’s API', () => {
  it('gives a schema the same id again, and returns it with its defaults and logical types', async () => {
    const text = schema([
      A,
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'n', type: 'long', default: 5 },
    ])
    expect(await registry.isRegistered(subject, text)).toBe(false)
    const id = await registry.register(subject, text)
    expect(await registry.isRegistered(subject, text)).toBe(true)
    expect(await registry.isRegistered(subject, schema([A]))).toBe(false)
    expect(await registry.register(subject, text)).toBe(id)
    const { fields } = JSON.parse(await new ConfluentRegistry({ url: inject('registry') }).schema(id)) as { fields: unknown }
    expect(fields).toEqual((JSON.parse(text) as { fields: unknown }).fields)
  })

  it('gives concurrent registrations of the same schema the same id', async () => {
    const clients = Array.from({ length: 5 }, () => new ConfluentRegistry({ url: inject('registry') }))
    const ids = await Promise.all(clients.map((client) => client.register(subject, schema([A]))))
    expect(new Set(ids).size).toBe(1)
  })

  it('refuses a version that cannot read what the latest one wrote', async () => {
    await registry.register(subject, schema([A]))
    const refused = registry.register(subject, schema([A, { name: 'b', type: 'string' }]))
    await expect(refused).rejects.toBeInstanceOf(IncompatibleSchemaError)
    await expect(refused).rejects.toThrow(`The registry refuses this version of ${subject}`)
    await registry.register(subject, schema([A, { name: 'b', type: 'string', default: '' }]))
  })

  it('checks BACKWARD compatibility for every subject, also for clients that do not set it', async () => {
    const url = inject('registry')
    expect(await (await fetch(`${url}/config`)).json()).toMatchObject({ compatibilityLevel: 'BACKWARD' })
    const post = (text: string): Promise<Response> =>
      fetch(`${url}/subjects/${subject}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema: text }),
      })
    expect((await post(schema([A]))).status).toBe(200)
    expect((await post(schema([A, { name: 'b', type: 'string' }]))).status).toBe(409)
    expect((await post(schema([]))).status).toBe(200)
  })

  it('distinguishes an unknown id from a registry that is down', async () => {
    await expect(registry.schema(987_654)).rejects.toBeInstanceOf(UnknownSchemaError)
    const down = new ConfluentRegistry({ url: UNREACHABLE })
    await expect(down.schema(1)).rejects.toBeInstanceOf(RegistryUnreachableError)
    await expect(down.isRegistered(subject, schema([A]))).rejects.toBeInstanceOf(RegistryUnreachableError)
    await expect(down.register(subject, schema([A]))).rejects.toThrow(`The schema registry at ${UNREACHABLE} does not answer`)
  })

  it('decodes the bank’s records for a reader that has to request every schema', async () => {
    const bytes = (await RecordCodec.open(registry)).serde('TransferCompleted').serialize(COMPLETED)
    const reader = (await RecordCodec.open(new ConfluentRegistry({ url: inject('registry') }))).serde('TransferCompleted')
    expect(reader.deserialize(bytes)).toEqual(COMPLETED)
  })
})
