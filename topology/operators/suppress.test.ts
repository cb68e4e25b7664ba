import { afterEach, describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { StreamsBuilder, tumbling, untilTimeLimit, untilWindowCloses } from '../dsl/index.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { suppressedSerde } from './suppressed-serde.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const opened: TopologyTestDriver[] = []

afterEach(async () => {
  for (const driver of opened.splice(0)) await driver.close()
})

async function open(describeTopology: (builder: StreamsBuilder) => void): Promise<TopologyTestDriver> {
  const builder = new StreamsBuilder()
  describeTopology(builder)
  const driver = await TopologyTestDriver.open(builder.build())
  opened.push(driver)
  return driver
}

const limited = (options: Parameters<typeof untilTimeLimit>[0]) => (builder: StreamsBuilder) =>
  builder
    .table('in', { name: 'rows', ...text })
    .suppress(untilTimeLimit(options), { name: 'held' })
    .toStream()
    .to('out')

const counted = (builder: StreamsBuilder) =>
  builder
    .stream('in', text)
    .groupByKey()
    .windowedBy(tumbling({ sizeMs: 10, graceMs: 5 }))
    .count({ name: 'counts' })

const closing = (builder: StreamsBuilder) => counted(builder).suppress(untilWindowCloses(), { name: 'final' }).toStream().to('out')

const rowsOf = async (driver: TopologyTestDriver) =>
  (await driver.output('out').read()).map(({ key, value, timestamp }) => [key, value, timestamp])

describe('suppress', () => {
  it('emits a window once, in its final state, when stream time has passed its end and the grace', async () => {
    const driver = await open(closing)
    const input = driver.input('in', text)
    for (const timestamp of [1, 9, 14, 3]) await input.pipe('a', 'x', timestamp)
    await driver.advance(1_000_000)
    const output = driver.output('out')
    expect(await output.read()).toEqual([])
    await input.pipe('b', 'x', 15)
    expect(await output.read()).toMatchObject([{ key: { key: 'a', start: 0, end: 10 }, value: 3, timestamp: 9 }])
    await input.pipe('a', 'too late', 4)
    expect(await output.read()).toEqual([])
  })

  it.each([{ loseState: false }, { loseState: true }])('keeps held changes across a restart (%o)', async (how) => {
    const driver = await open(closing)
    const headers = [{ key: 'trace', value: Buffer.from('7') }]
    await driver.input('in', text).pipe('a', 'x', 1)
    await driver.input('in', text).pipe('a', 'x', 2, { headers })
    await driver.restart(how)
    await driver.input('in', text).pipe('b', 'x', 40)
    const [row, ...others] = await driver.output('out').read()
    expect(row).toMatchObject({ key: { key: 'a', start: 0 }, value: 2, timestamp: 2 })
    expect(row?.headers.map(({ key, value }) => [key, String(value)])).toEqual([['trace', '7']])
    expect(others).toEqual([])
    await driver.restart(how)
    expect(await rowsOf(driver)).toHaveLength(1)
  })

  it('drops changes that an aborted transaction has put into it', async () => {
    const driver = await open((builder) => {
      const held = builder.table('in', { name: 'rows', ...text }).suppress(untilTimeLimit({ limitMs: 10 }), { name: 'held' })
      held
        .toStream()
        .peek((value) => {
          if (value === 'bad') throw new Error('cannot swallow this')
        })
        .to('out')
    })
    const input = driver.input('in', text)
    await input.pipe('a', 'bad', 0)
    await expect(input.pipe('b', 'fails', 10)).rejects.toThrow('cannot swallow this')
    await input.pipe('a', 'mended', 1)
    await input.pipe('c', 'next', 11)
    expect(await rowsOf(driver)).toEqual([['a', 'mended', 1]])
  })

  it('emits the latest change of a key when its first one is due', async () => {
    const driver = await open(limited({ limitMs: 10 }))
    const input = driver.input('in', text)
    await input.pipe('a', 'first', 0)
    await input.pipe('a', 'last', 9)
    await input.pipe('b', 'other', 9)
    await input.pipe('c', 'next', 10)
    expect(await rowsOf(driver)).toEqual([['a', 'last', 9]])
  })

  it('emits the oldest changes early if there are too many, or too many bytes', async () => {
    const driver = await open(limited({ limitMs: 1_000, maxRecords: 2 }))
    for (const [at, key] of ['a', 'b', 'c'].entries()) await driver.input('in', text).pipe(key, 'v', at)
    expect(await rowsOf(driver)).toEqual([['a', 'v', 0]])
    const small = await open(limited({ limitMs: 1_000, maxBytes: 200 }))
    await small.input('in', text).pipe('a', 'v', 0)
    expect(await rowsOf(small)).toEqual([])
    await small.input('in', text).pipe('b', 'long'.repeat(50), 1)
    expect(await rowsOf(small)).toEqual([
      ['a', 'v', 0],
      ['b', 'long'.repeat(50), 1],
    ])
  })

  it('emits the deletion of a row, but nothing for a window that ends without a row', async () => {
    const driver = await open(limited({ limitMs: 0 }))
    await driver.input('in', text).pipe('a', null, 1)
    expect(await rowsOf(driver)).toEqual([['a', null, 1]])
    const windows = await open((builder) =>
      counted(builder)
        .mapValues(() => null, { name: 'nothing', value: Serdes.string })
        .suppress(untilWindowCloses(), { name: 'final' })
        .toStream()
        .to('out'),
    )
    await windows.input('in', text).pipe('a', 'x', 1)
    await windows.input('in', text).pipe('b', 'x', 100)
    expect(await rowsOf(windows)).toEqual([])
  })

  it('cannot wait for the windows of a table without windows', () => {
    const builder = new StreamsBuilder()
    builder
      .table('in', { name: 'rows', ...text })
      .suppress(untilWindowCloses(), { name: 'final' })
      .toStream()
      .to('out')
    expect(() => builder.build()).toThrow('"final" waits for windows to close, but its table has no windows')
    expect(() => untilTimeLimit({ limitMs: -1 })).toThrow(RangeError)
  })

  it('distinguishes null from an empty value in its bytes', () => {
    const serde = suppressedSerde(Serdes.string)
    for (const change of [
      { newValue: '', oldValue: null, priorValue: 'x', headers: undefined },
      { newValue: null, oldValue: '', priorValue: null, headers: [{ key: '', value: null }] },
    ])
      expect(serde.deserialize(serde.serialize(change))).toEqual(change)
  })
})
