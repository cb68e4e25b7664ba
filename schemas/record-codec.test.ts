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

/** `CommandSucceeded` as it was written before it could bear a token. */
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
  it('brings a record back as it was, with amounts beyond 2^53', async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(memory()))
    const serde = codec.serde('MoneyTransfer')
    expect(serde.deserialize(serde.serialize(TRANSFER))).toEqual(TRANSFER)
  })

  it('refuses what is no record, is cut off, goes on too long or belongs elsewhere', async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open(memory()))
    const serde = codec.serde('MoneyTransfer')
    const bytes = serde.serialize(TRANSFER)
    expect(() => serde.deserialize(Buffer.from('{"no":"avro"}'))).toThrow('do not begin with a schema id')
    expect(() => serde.deserialize(bytes.subarray(0, bytes.length - 1))).toThrow('are no MoneyTransfer')
    expect(() => serde.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('are no MoneyTransfer')
    expect(() => codec.serde('CommandFailed').deserialize(bytes)).toThrow('does not belong here')
  })

  it('reads the golden bytes of an older version as a record of this one', async () => {
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

describe('Of a schema that the registry knows and this version does not, the codec', () => {
  it.each([
    ['no record of the bank', { type: 'record', name: 'Stranger', namespace: 'elsewhere', fields: [] }, 'knows no record "Stranger"'],
    [
      'a namesake of another kind',
      { type: 'record', name: 'CommandSucceeded', namespace: 'bob.outcomes', fields: [] },
      'What schema 1 writes cannot be read',
    ],
    ['no record at all', 'string', 'knows no record'],
  ])('says that nothing can be read that it writes: %s', async (_, schema, reason) => {
    const registry = await EmbeddedRegistry.open(memory())
    const id = await registry.register('elsewhere', JSON.stringify(schema))
    const reader = (await RecordCodec.open(new Elsewhere(registry))).serde('CommandSucceeded')
    const bytes = Buffer.from([0, 0, 0, 0, id])
    let asked: unknown
    try {
      reader.deserialize(bytes)
    } catch (error) {
      asked = error
    }
    await (asked as SchemaNotLoadedError).ready
    expect(() => reader.deserialize(bytes)).toThrow(UnreadableRecordError)
    expect(() => reader.deserialize(bytes)).toThrow(reason)
  })

  /** It takes no schema: the ids are another one's. */
  class Elsewhere implements SchemaRegistry {
    readonly #registry: SchemaRegistry

    constructor(registry: SchemaRegistry) {
      this.#registry = registry
    }

    register(): Promise<number> {
      return Promise.reject(new RegistryUnreachableError('Nobody is there.'))
    }

    schema(id: number): Promise<string> {
      return this.#registry.schema(id)
    }
  }
})

describe('With a registry that does not answer, the codec', () => {
  class Interrupted implements SchemaRegistry {
    isThere = false
    readonly #registry: SchemaRegistry

    constructor(registry: SchemaRegistry) {
      this.#registry = registry
    }

    async register(subject: string, schema: string): Promise<number> {
      this.#assertThere()
      return this.#registry.register(subject, schema)
    }

    async schema(id: number): Promise<string> {
      this.#assertThere()
      return this.#registry.schema(id)
    }

    #assertThere(): void {
      if (!this.isThere) throw new RegistryUnreachableError('Nobody is there.')
    }
  }

  it('opens, says that it cannot write or read yet, and can when the registry is back', async () => {
    const embedded = await EmbeddedRegistry.open(memory())
    const bytes = (await RecordCodec.open(embedded)).serde('MoneyTransfer').serialize(TRANSFER)
    const registry = new Interrupted(embedded)
    const serde = (await RecordCodec.open(registry)).serde('MoneyTransfer')
    const refusal = (work: () => unknown): SchemaNotLoadedError => {
      try {
        work()
      } catch (error) {
        if (error instanceof SchemaNotLoadedError) return error
        throw error
      }
      throw new Error('It worked.')
    }
    const works = [() => serde.serialize(TRANSFER), () => serde.deserialize(bytes)]
    for (const work of works) await expect(refusal(work).ready).rejects.toThrow('Nobody is there.')
    registry.isThere = true
    await refusal(() => serde.serialize(TRANSFER)).ready
    expect(serde.serialize(TRANSFER)).toEqual(bytes)
    expect(serde.deserialize(bytes)).toEqual(TRANSFER)
  })
})

describe('The embedded registry', () => {
  const schema = (fields: readonly object[]): string => JSON.stringify({ type: 'record', name: 'R', fields })

  it('gives a schema the same id again, after a restart too', async () => {
    const storage = memory()
    const first = await EmbeddedRegistry.open(storage)
    const id = await first.register('R', schema([{ name: 'a', type: 'string' }]))
    const second = await EmbeddedRegistry.open(storage)
    expect(await second.register('R', schema([{ name: 'a', type: 'string' }]))).toBe(id)
    expect(await second.register('S', schema([]))).not.toBe(id)
  })

  it('refuses a version that could not read the latest one, with the reason', async () => {
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

  it('knows no schema of another id', async () => {
    const registry = await EmbeddedRegistry.open(memory())
    await expect(registry.schema(7)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN' })
  })
})
