import { describe, expect, it } from 'vitest'
import {
  EmbeddedRegistry,
  RecordCodec,
  RegistryUnreachableError,
  SchemaNotLoadedError,
  UnreadableRecordError,
  type MoneyTransfer,
  type RegistryStorage,
  type SchemaRegistry,
} from './index.ts'

function memory(): RegistryStorage & { text: string | undefined } {
  return {
    text: undefined,
    async load() {
      return this.text
    },
    async save(text) {
      this.text = text
    },
  }
}

const TRANSFER: MoneyTransfer = {
  type: 'MoneyTransfer',
  id: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  deadline: 1_700_000_000_000,
  replyTo: 'api-1',
  expectedVersion: null,
  token: '12345678901234567890',
  amount: 100_000_000_000_000_001n,
  from: 'cash',
  to: 'NL66OPEN0000000000',
  description: 'initial funds – é',
  username: 'openweb',
}

/** `CommandSucceeded` before it had a token. */
const OLDER = JSON.stringify({
  type: 'record',
  name: 'CommandSucceeded',
  namespace: 'bob.outcomes',
  fields: [
    { name: 'command', type: 'string' },
    { name: 'version', type: 'int' },
  ],
})

describe('The record codec', () => {
  it('decodes what it encoded, with amounts beyond 2^53', async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(memory()))
    const serde = codec.serde('MoneyTransfer')
    expect(serde.deserialize(serde.serialize(TRANSFER))).toEqual(TRANSFER)
  })

  it('rejects bytes that are not a record, truncated or too long ones, and records of other topics', async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(memory()))
    const serde = codec.serde('MoneyTransfer')
    const bytes = serde.serialize(TRANSFER)
    expect(() => serde.deserialize(Buffer.from('{"no":"avro"}'))).toThrow('do not begin with a zero byte and a schema id')
    expect(() => serde.deserialize(bytes.subarray(0, bytes.length - 1))).toThrow('cannot be decoded as MoneyTransfer')
    expect(() => serde.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('cannot be decoded as MoneyTransfer')
    expect(() => codec.serde('CommandFailed').deserialize(bytes)).toThrow('Unexpected record MoneyTransfer: this topic holds CommandFailed')
  })

  it('decodes the golden bytes of an older version into a record of this version', async () => {
    const registry = await EmbeddedRegistry.open(memory())
    const older = await registry.register('bob.outcomes.CommandSucceeded', OLDER)
    const codec = await RecordCodec.open(registry)
    const golden = Buffer.from([0, 0, 0, 0, older, 4, 0x63, 0x31, 14])
    const serde = codec.serde('CommandSucceeded')
    const first = ((): unknown => {
      try {
        return serde.deserialize(golden)
      } catch (error) {
        return error
      }
    })()
    expect(first).toMatchObject({ code: 'SCHEMA_NOT_LOADED' })
    await (first as { ready: Promise<unknown> }).ready
    expect(serde.deserialize(golden)).toEqual({ type: 'CommandSucceeded', command: 'c1', version: 7, token: null })
  })
})

describe('For a schema that the registry has and this version does not, the codec', () => {
  it.each([
    [
      'a record of another application',
      { type: 'record', name: 'Stranger', namespace: 'elsewhere', fields: [] },
      'This version has no record "Stranger", which schema 1 describes',
    ],
    [
      'a record of the same name that cannot be resolved',
      { type: 'record', name: 'CommandSucceeded', namespace: 'bob.outcomes', fields: [] },
      'Records of schema 1 cannot be read by this version',
    ],
    ['no record at all', 'string', 'This version has no record'],
  ])('reports that its records cannot be read: %s', async (_, schema, reason) => {
    const registry = await EmbeddedRegistry.open(memory())
    const id = await registry.register('elsewhere', JSON.stringify(schema))
    const reader = (await RecordCodec.open(new ReadOnly(registry))).serde('CommandSucceeded')
    const bytes = Buffer.from([0, 0, 0, 0, id])
    let notLoaded: unknown
    try {
      reader.deserialize(bytes)
    } catch (error) {
      notLoaded = error
    }
    await (notLoaded as SchemaNotLoadedError).ready
    expect(() => reader.deserialize(bytes)).toThrow(UnreadableRecordError)
    expect(() => reader.deserialize(bytes)).toThrow(reason)
  })

  /** Registers nothing, so that the codec does not know the ids of the registry behind it. */
  class ReadOnly implements SchemaRegistry {
    readonly #registry: SchemaRegistry

    constructor(registry: SchemaRegistry) {
      this.#registry = registry
    }

    register(): Promise<number> {
      return Promise.reject(new RegistryUnreachableError('The registry is down.'))
    }

    schema(id: number): Promise<string> {
      return this.#registry.schema(id)
    }
  }
})

describe('With a registry that does not answer, the codec', () => {
  class Interrupted implements SchemaRegistry {
    isUp = false
    readonly #registry: SchemaRegistry

    constructor(registry: SchemaRegistry) {
      this.#registry = registry
    }

    async register(subject: string, schema: string): Promise<number> {
      this.#assertUp()
      return this.#registry.register(subject, schema)
    }

    async schema(id: number): Promise<string> {
      this.#assertUp()
      return this.#registry.schema(id)
    }

    #assertUp(): void {
      if (!this.isUp) throw new RegistryUnreachableError('The registry is down.')
    }
  }

  it('opens, cannot encode or decode yet, and can when the registry is back', async () => {
    const embedded = await EmbeddedRegistry.open(memory())
    const bytes = (await RecordCodec.open(embedded)).serde('MoneyTransfer').serialize(TRANSFER)
    const registry = new Interrupted(embedded)
    const serde = (await RecordCodec.open(registry)).serde('MoneyTransfer')
    const errorOf = (work: () => unknown): SchemaNotLoadedError => {
      try {
        work()
      } catch (error) {
        if (error instanceof SchemaNotLoadedError) return error
        throw error
      }
      throw new Error('Expected SchemaNotLoadedError')
    }
    const works = [() => serde.serialize(TRANSFER), () => serde.deserialize(bytes)]
    for (const work of works) await expect(errorOf(work).ready).rejects.toThrow('The registry is down.')
    registry.isUp = true
    await errorOf(() => serde.serialize(TRANSFER)).ready
    expect(serde.serialize(TRANSFER)).toEqual(bytes)
    expect(serde.deserialize(bytes)).toEqual(TRANSFER)
  })
})

describe('The embedded registry', () => {
  const schema = (fields: readonly object[]): string => JSON.stringify({ type: 'record', name: 'R', fields })

  it('gives a schema the same id again, also after a restart', async () => {
    const storage = memory()
    const first = await EmbeddedRegistry.open(storage)
    const id = await first.register('R', schema([{ name: 'a', type: 'string' }]))
    const second = await EmbeddedRegistry.open(storage)
    expect(await second.register('R', schema([{ name: 'a', type: 'string' }]))).toBe(id)
    expect(await second.register('S', schema([]))).not.toBe(id)
  })

  it('refuses a version that cannot read what the latest one wrote, with the reason', async () => {
    const registry = await EmbeddedRegistry.open(memory())
    await registry.register('R', schema([{ name: 'a', type: 'string' }]))
    await registry.register(
      'R',
      schema([
        { name: 'a', type: 'string' },
        { name: 'b', type: 'int', default: 0 },
      ]),
    )
    await expect(registry.register('R', schema([{ name: 'c', type: 'string' }]))).rejects.toThrow(/The new version of R cannot read .*c/)
    await expect(registry.register('R', schema([{ name: 'a', type: 'int' }]))).rejects.toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' })
  })

  it('rejects an id that it never assigned', async () => {
    const registry = await EmbeddedRegistry.open(memory())
    await expect(registry.schema(7)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN' })
  })
})
