import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const texts = (builder: StreamsBuilder, topic = 'in') => builder.stream(topic, text)

describe('stateless operators', () => {
  it('keep the key and timestamp of records they forward', async () => {
    const rows = await drive(
      (builder) =>
        texts(builder)
          .filter((value) => value === 'yes')
          .to('out'),
      [
        ['in', 'a', 'yes', 5],
        ['in', 'a', 'no', 6],
        ['in', 'b', 'yes', 1],
      ],
    )
    expect(rows).toEqual([
      ['a', 'yes', 5],
      ['b', 'yes', 1],
    ])
  })

  it('receive null for missing keys and values', async () => {
    const rows = await drive(
      (builder) =>
        texts(builder)
          .map((value, key) => [`${key}`, `${value}`], text)
          .to('out'),
      [['in', null, null, 1]],
    )
    expect(rows).toEqual([['null', 'null', 1]])
  })

  it('forward the records made from one in order, and none for an empty list', async () => {
    const rows = await drive(
      (builder) =>
        texts(builder)
          .flatMap((value, key) => [...(value ?? '')].map((char) => [char, `${key}`] as const), text)
          .to('out'),
      [
        ['in', 'k', 'ab', 1],
        ['in', 'k', null, 2],
      ],
    )
    expect(rows).toEqual([
      ['a', 'k', 1],
      ['b', 'k', 1],
    ])
  })

  it('forward a record to children in the order in which they were described', async () => {
    const seen: string[] = []
    await drive(
      (builder) => {
        const stream = texts(builder)
        stream.peek(() => seen.push('first'))
        stream.forEach(() => seen.push('second'))
        stream
          .peek(() => seen.push('third'))
          .peek(() => seen.push('below third'))
          .to('out')
      },
      [['in', 'k', 'v', 1]],
    )
    expect(seen).toEqual(['first', 'second', 'third', 'below third'])
  })

  it('send a record only to the first branch that accepts it', async () => {
    const describeTopology = (builder: StreamsBuilder) => {
      const { long, any } = texts(builder)
        .split()
        .branch('long', (value) => (value ?? '').length > 2)
        .branch('any', (value) => value !== null)
        .noDefaultBranch()
      long.to('out-long')
      any.to('out-any')
    }
    const steps = [
      ['in', 'k', 'long one', 1],
      ['in', 'k', 'no', 2],
      ['in', 'k', null, 3],
    ] as const
    expect(await drive(describeTopology, steps, 'out-long')).toEqual([['k', 'long one', 1]])
    expect(await drive(describeTopology, steps, 'out-any')).toEqual([['k', 'no', 2]])
  })

  it('choose the topic of a sink per record', async () => {
    const builder = new StreamsBuilder()
    texts(builder).to(({ value }) => `out-${value}`)
    const driver = await TopologyTestDriver.open(builder.build(), { topics: { 'out-a': 1, 'out-b': 1 } })
    const input = driver.input('in', text)
    await input.pipe('k', 'a', 1)
    await input.pipe('k', 'b', 2)
    expect(await driver.output('out-b', text).read()).toMatchObject([{ key: 'k', value: 'b', timestamp: 2 }])
    await expect(input.pipe('k', 'c', 3)).rejects.toThrow('Cannot write to topic "out-c": it does not exist')
    await driver.close()
  })

  it('merge a stream with its own mapped form, parents in the order in which they were described', async () => {
    const rows = await drive(
      (builder) => {
        const stream = texts(builder)
        stream.merge(stream.mapValues((value) => `${value}!`, { value: Serdes.string })).to('out')
      },
      [['in', 'k', 'v', 1]],
    )
    expect(rows).toEqual([
      ['k', 'v!', 1],
      ['k', 'v', 1],
    ])
  })

  it('drop records without a key before a repartition topic, unless a left join is downstream', async () => {
    const steps = [
      ['in', null, 'x', 1],
      ['in', 'k', 'y', 2],
    ] as const
    expect(await drive((builder) => texts(builder).repartition({ name: 'again' }).to('out'), steps)).toEqual([['k', 'y', 2]])
    const joined = await drive((builder) => {
      const table = builder.table('rows', { name: 'rows', ...text })
      texts(builder)
        .repartition({ name: 'again' })
        .leftJoinTable(table, (value, row) => `${value}+${row}`, { name: 'looked-up', value: Serdes.string })
        .to('out')
    }, steps)
    expect(joined).toEqual([
      [null, 'x+null', 1],
      ['k', 'y+null', 2],
    ])
  })
})
