import { afterEach, describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../../state/index.ts'
import type { KeyValueStore } from '../../../state/index.ts'
import { partitionOf } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { ProcessorSupplier } from '../../processor.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'
import type { TestDriverOptions } from './topology-test-driver.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const counted = { key: Serdes.string, value: Serdes.long } as const
const opened: TopologyTestDriver[] = []

afterEach(async () => {
  for (const driver of opened.splice(0)) await driver.close()
})

async function open(describeTopology: (builder: StreamsBuilder) => void, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
  const builder = new StreamsBuilder()
  describeTopology(builder)
  const driver = await TopologyTestDriver.open(builder.build(), options)
  opened.push(driver)
  return driver
}

const byWord = (builder: StreamsBuilder): void =>
  builder
    .stream('in', text)
    .groupBy((word) => word, { name: 'by-word', key: Serdes.string })
    .count({ name: 'counts' })
    .toStream()
    .to('out')

/** Counts records; each punctuation forwards the count with the task's partition. */
function counter(clock: 'stream' | 'wall'): ProcessorSupplier<string | null, string | null, string, string> {
  return (context) => {
    const store = context.store<KeyValueStore<string, number>>('seen')
    return {
      init: () => {
        context.schedule({ intervalMs: 100, clock }, (timestamp) =>
          context.forward({ key: `task ${context.taskId.partition}`, value: String(store.get('all') ?? 0), timestamp }),
        )
      },
      process: ({ value }) => {
        if (value === 'bad') throw new Error('cannot swallow this')
        store.put('all', (store.get('all') ?? 0) + 1)
      },
    }
  }
}

const counting =
  (clock: 'stream' | 'wall') =>
  (builder: StreamsBuilder): void =>
    builder
      .stream('in', text)
      .process(counter(clock), {
        name: 'counter',
        stores: [Stores.keyValue({ name: 'seen', key: Serdes.string, value: Serdes.long })],
        ...text,
      })
      .to('out')

describe('TopologyTestDriver', () => {
  it('sends each record through the repartition topic to the partition of its new key, and counts it there', async () => {
    const driver = await open(byWord, { partitions: 3 })
    const input = driver.input('in', text)
    for (const [at, word] of ['ant', 'bee', 'cat', 'dog', 'ant', 'cat', 'ant'].entries()) await input.pipe(`key ${at}`, word, at)
    const rows = await driver.output('out', counted).read()
    expect(rows.filter(({ key }) => key === 'ant').map(({ value }) => value)).toEqual([1, 2, 3])
    expect(new Set(rows.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    for (const { key, partition } of rows) expect(partition).toBe(partitionOf(Buffer.from(String(key)), 3))
    const counts = (partition: number): KeyValueStore<string, number> => driver.store('counts', partition)
    const home = partitionOf(Buffer.from('ant'), 3)
    expect([0, 1, 2].map((partition) => counts(partition).get('ant'))).toEqual(
      [0, 1, 2].map((partition) => (partition === home ? 3 : undefined)),
    )
    expect(await driver.output('by-word-repartition', text).read()).toHaveLength(7)
    expect(await driver.output('counts-changelog', { key: Serdes.bytes, value: Serdes.bytes }).read()).toHaveLength(7)
  })

  it('reads from an output only records since the last read, and from a new output everything', async () => {
    const driver = await open(byWord)
    const output = driver.output('out')
    await driver.input('in').pipe('k', 'ant', 1)
    expect(await output.read()).toMatchObject([{ key: 'ant', value: 1 }])
    expect(await output.read()).toEqual([])
    await driver.input('in').pipe('k', 'ant', 2)
    expect(await output.read()).toMatchObject([{ key: 'ant', value: 2 }])
    expect(await driver.output('out').read()).toHaveLength(2)
  })

  it('keeps headers and nulls, and writes to the given partition', async () => {
    const driver = await open((builder) => builder.stream('in', text).to('out'), { partitions: 4 })
    const headers = [{ key: 'trace', value: Buffer.from('7') }]
    await driver.input('in', text).pipe('k', null, 5, { headers, partition: 2 })
    await driver.input('in', text).pipe(null, 'v', 6, { partition: 3 })
    const [first, second] = await driver.output('out', text).read()
    expect([first, second].map((row) => row && [row.key, row.value, row.timestamp])).toEqual(
      expect.arrayContaining([
        ['k', null, 5],
        [null, 'v', 6],
      ]),
    )
    expect([first, second].find((row) => row?.key === 'k')?.headers.map(({ key, value }) => [key, String(value)])).toEqual([['trace', '7']])
  })

  it('processes a record that a sink wrote to a source topic', async () => {
    const driver = await open((builder) => {
      builder
        .stream('in', text)
        .mapValues((value) => `${value}!`, { value: Serdes.string })
        .to('between')
      builder.stream('between', text).to('out')
    })
    await driver.input('in').pipe('k', 'v', 1)
    expect(await driver.output('out').read()).toMatchObject([{ key: 'k', value: 'v!' }])
  })

  it('updates a global table for all partitions before the next record', async () => {
    const driver = await open(
      (builder) => {
        const names = builder.globalTable('names', { name: 'names', ...text })
        builder
          .stream('in', text)
          .joinGlobalTable(
            names,
            (value) => value,
            (value, name) => `${value} is ${name}`,
            { value: Serdes.string },
          )
          .to('out')
      },
      { partitions: 2, topics: { names: 3 } },
    )
    await driver.input('names').pipe('1', 'Anne', 1)
    for (const partition of [0, 1]) await driver.input('in', text).pipe('k', '1', 2, { partition })
    expect((await driver.output('out').read()).map(({ value }) => value)).toEqual(['1 is Anne', '1 is Anne'])
    expect(driver.store<KeyValueStore<string, string>>('names').get('1')).toBe('Anne')
  })

  it('fires stream-time punctuators by the records of their own partition', async () => {
    const driver = await open(counting('stream'), { partitions: 2 })
    const input = driver.input('in', text)
    const output = driver.output('out', text)
    await input.pipe('k', 'v', 50, { partition: 0 })
    await output.read()
    await input.pipe('k', 'v', 250, { partition: 0 })
    await driver.advance(10_000)
    expect(await output.read()).toMatchObject([{ key: 'task 0', value: '2', timestamp: 250 }])
  })

  it('fires wall-clock punctuators of every partition when the clock is advanced, once for several missed firings', async () => {
    const driver = await open(counting('wall'), { partitions: 2, startTime: 1_000 })
    const output = driver.output('out', text)
    await driver.input('in', text).pipe('k', 'v', 5_000_000, { partition: 1 })
    expect(await output.read()).toEqual([])
    await driver.advance(99)
    expect(await output.read()).toEqual([])
    await driver.advance(1)
    const fired = async () => (await output.read()).map(({ key, value, timestamp }) => [key, value, timestamp]).sort()
    expect(await fired()).toEqual([
      ['task 0', '0', 1_100],
      ['task 1', '1', 1_100],
    ])
    await driver.advance(1_000)
    expect(await fired()).toEqual([
      ['task 0', '0', 2_100],
      ['task 1', '1', 2_100],
    ])
    expect(driver.now).toBe(2_100)
  })

  it('rejects with the error of a processor after writing the dead letter and processing all other records', async () => {
    const driver = await open(counting('stream'))
    const input = driver.input('in', text)
    await input.pipe('a', 'good', 10)
    await expect(input.pipe('b', 'bad', 20)).rejects.toThrow('cannot swallow this')
    await input.pipe('a', 'good', 30)
    expect(driver.store<KeyValueStore<string, number>>('seen').get('all')).toBe(2)
    expect(await driver.deadLetters()).toMatchObject([
      { reason: 'cannot be processed: cannot swallow this', origin: { topic: 'in', partition: 0 }, timestamp: 20 },
    ])
  })

  it('writes a dead letter for bytes that cannot be deserialized, and continues', async () => {
    const driver = await open((builder) => builder.stream('in', { key: Serdes.string, value: Serdes.long }).to('out'))
    await driver.input('in', { key: Serdes.string, value: Serdes.bytes }).pipe('k', Buffer.from('poison'), 1)
    await driver.input('in').pipe('other', 7, 2)
    expect(await driver.output('out').read()).toMatchObject([{ key: 'other', value: 7 }])
    expect((await driver.deadLetters()).map(({ reason }) => reason)).toEqual([expect.stringMatching(/^cannot be read/)])
  })

  it('rejects with the error of a punctuator each time it throws', async () => {
    let broken = true
    const driver = await open((builder) =>
      builder
        .stream('in', text)
        .process<string, string>(
          (context) => ({
            init: () => {
              context.schedule({ intervalMs: 10, clock: 'wall' }, (timestamp) => {
                if (broken) throw new Error('out of order')
                context.forward({ key: 'k', value: 'fired', timestamp })
              })
            },
            process: () => undefined,
          }),
          { name: 'clockwork', ...text },
        )
        .to('out'),
    )
    await expect(driver.advance(10)).rejects.toThrow('out of order')
    await expect(driver.advance(10)).rejects.toThrow('out of order')
    broken = false
    await driver.advance(10)
    expect(await driver.output('out').read()).toMatchObject([{ value: 'fired', timestamp: 30 }])
  })

  it.each([{ loseState: false }, { loseState: true }])(
    'continues after a restart where it stopped ({ loseState: $loseState })',
    async (how) => {
      const driver = await open(byWord, { partitions: 2 })
      const input = driver.input('in', text)
      for (let at = 0; at < 20; at++) await input.pipe(`key ${at}`, at % 3 === 0 ? 'ant' : 'bee', at)
      const output = driver.output('out', counted)
      await output.read()
      await driver.restart(how)
      expect(await output.read()).toEqual([])
      expect(driver.store<KeyValueStore<string, number>>('counts', partitionOf(Buffer.from('bee'), 2)).get('bee')).toBe(13)
      await input.pipe('k', 'ant', 100)
      expect(await output.read()).toMatchObject([{ key: 'ant', value: 8 }])
    },
  )

  it('rejects a second call while the first is in progress', async () => {
    const driver = await open(byWord)
    const input = driver.input('in', text)
    const both = await Promise.allSettled([input.pipe('k', 'ant', 1), input.pipe('k', 'bee', 2)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: expect.stringMatching(/await each call/) },
    })
  })

  it('produces the same records in the same order each time', async () => {
    const run = async (): Promise<string> => {
      const driver = await open(byWord, { partitions: 3 })
      const input = driver.input('in', text)
      for (let at = 0; at < 30; at++) await input.pipe(`key ${at % 7}`, `word ${(at * at) % 5}`, (at * 37) % 100)
      return JSON.stringify(await driver.output('out', counted).read())
    }
    expect(await run()).toBe(await run())
  })

  it('reports unknown topics and stores, and joined topics with different partition counts', async () => {
    const driver = await open((builder) => builder.stream('in', text).to('out'))
    expect(() => driver.input('elsewhere', text)).toThrow('Topic "elsewhere" does not exist')
    expect(() => driver.output('elsewhere')).toThrow('The topology neither reads nor writes topic "elsewhere"')
    expect(() => driver.store('counts')).toThrow('No task of partition 0 has a store "counts"')
    const joined = (builder: StreamsBuilder): void =>
      builder
        .stream('a', text)
        .joinTable(builder.table('b', { name: 'b', ...text }), (value, row) => `${value}+${row}`, { name: 'joined', value: Serdes.string })
        .to('out')
    await expect(open(joined, { topics: { a: 2, b: 3 } })).rejects.toThrow('must have the same number of partitions: a has 2, b has 3')
  })
})
