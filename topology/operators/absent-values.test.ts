import { describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../state/index.ts'
import type { KeyValueStore, VersionedKeyValueStore, WindowStore } from '../../state/index.ts'
import { joinWindow, StreamsBuilder, tumbling, untilTimeLimit } from '../dsl/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { drive, drops } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const optional = { key: Serdes.json<string>(), value: Serdes.json<string>() } as const

/** What a JavaScript function returns that forgets to return something; the types of callers without a type check. */
const nothing = (): string => undefined as never

const TABLE_STEPS = [
  ['in', 'a', '1', 1],
  ['in', 'a', 'none', 2],
  ['in', 'a', '3', 3],
] as const
const unlessNone = (value: string): string => (value === 'none' ? nothing() : value)

describe('20.B9 undefined is null', () => {
  it('in what stateless operators return', async () => {
    const rows = await drive(
      (builder) => {
        const stream = builder.stream('in', text)
        const values = stream.mapValues(nothing, { name: 'values', ...text })
        const mapped = stream.map(() => [nothing(), nothing()], { name: 'mapped', ...text })
        const flat = stream.flatMap(() => [[nothing(), nothing()]], { name: 'flat', ...text })
        const flatValues = stream.flatMapValues(() => [nothing()], { name: 'flat-values', ...text })
        const rekeyed = stream.selectKey(nothing, { name: 'rekeyed', ...text })
        for (const each of [values, mapped, flat, flatValues, rekeyed]) each.to('out')
      },
      [['in', 'a', '1', 1]],
    )
    expect(rows).toEqual([
      ['a', null, 1],
      [null, null, 1],
      [null, null, 1],
      ['a', null, 1],
      [null, '1', 1],
    ])
  })

  it('for an operator that drops records without a key or value', async () => {
    const counts = await drops(
      (builder) => {
        const stream = builder.stream('in', text)
        stream
          .mapValues(nothing, { name: 'values', ...text })
          .groupByKey()
          .count({ name: 'by-value' })
        stream
          .selectKey(nothing, { name: 'keys', ...text })
          .groupByKey({ name: 'grouped' })
          .count({ name: 'by-key' })
      },
      [['in', 'a', '1', 1]],
    )
    expect(counts).toEqual({ 'null-value': 1, 'null-key': 1 })
  })

  it('in the results of aggregators and reducers: the row is deleted', async () => {
    const rows = await drive((builder) => {
      const grouped = builder.stream('in', text).groupByKey()
      const aggregated = grouped.aggregate(
        () => '',
        (_old, value) => unlessNone(value),
        { name: 'aggregated', ...text },
      )
      const reduced = grouped.reduce((_old, value) => unlessNone(value), { name: 'reduced' })
      for (const table of [aggregated, reduced]) table.toStream().to('out')
    }, TABLE_STEPS)
    expect(rows).toEqual([
      ['a', '1', 1],
      ['a', '1', 1],
      ['a', null, 2],
      ['a', null, 2],
      ['a', '3', 3],
      ['a', '3', 3],
    ])
  })

  it('in the results of windowed aggregators and reducers', async () => {
    const rows = await drive((builder) => {
      const windowed = builder
        .stream('in', text)
        .groupByKey()
        .windowedBy(tumbling({ sizeMs: 10, graceMs: 0 }))
      const aggregated = windowed.aggregate(
        () => '',
        (_old, value) => unlessNone(value ?? ''),
        { name: 'aggregated', ...text },
      )
      const reduced = windowed.reduce((_old, value) => unlessNone(value ?? ''), { name: 'reduced' })
      for (const [at, table] of [aggregated, reduced].entries())
        table
          .toStream({ name: `stream-${at}` })
          .map((value, { key }) => [key, value], { name: `map-${at}`, ...text })
          .to('out')
    }, TABLE_STEPS)
    expect(rows.map(([, value]) => value)).toEqual(['1', '1', null, null, '3', '3'])
  })

  it('in the results of adders and subtractors', async () => {
    const rows = await drive(
      (builder) =>
        builder
          .table('in', { name: 'rows', ...text })
          .groupBy((value): [string, string] => ['all', value], { name: 'grouped', ...text })
          .aggregate(
            () => '',
            (_old, value) => unlessNone(value),
            nothing,
            { name: 'last', value: Serdes.string },
          )
          .toStream()
          .to('out'),
      TABLE_STEPS,
    )
    expect(rows.map(([, value]) => value)).toEqual(['1', null, '3'])
  })

  it('in the results of table operators and joins, stored or not', async () => {
    const rows = await drive(
      (builder) => {
        const table = builder.table('in', { name: 'rows', ...text })
        const mapped = table.mapValues(unlessNone, { name: 'mapped', ...text })
        const stored = table.mapValues(unlessNone, { name: 'stored', ...text, store: { name: 'stored' } } as never)
        const joined = table.join(table, unlessNone, { name: 'joined', ...text } as never)
        for (const [at, each] of [mapped, stored, joined].entries()) each.toStream({ name: `s${at}` }).to('out')
      },
      [TABLE_STEPS[0], TABLE_STEPS[1]],
    )
    expect(rows.filter(([, , timestamp]) => timestamp === 2).every(([, value]) => value === null)).toBe(true)
    expect(rows.filter(([, value]) => value === '1').length).toBeGreaterThanOrEqual(3)
  })

  it('in the results of stream joins', async () => {
    const rows = await drive(
      (builder) => {
        const stream = builder.stream('in', text)
        const window = joinWindow({ beforeMs: 10, afterMs: 10, graceMs: 0 })
        stream
          .join(builder.stream('other', text), nothing, {
            name: 'streams',
            window,
            left: Serdes.string,
            right: Serdes.string,
            ...text,
          } as never)
          .to('out')
        stream.leftJoinTable(builder.table('rows', { name: 'rows', ...text }), nothing, { name: 'rows-joined', ...text } as never).to('out')
        stream
          .leftJoinGlobalTable(builder.globalTable('global', { name: 'global', ...text }), nothing, nothing, {
            name: 'global-joined',
            ...text,
          } as never)
          .to('out')
      },
      [
        ['other', 'a', '1', 1],
        ['in', 'a', '1', 1],
      ],
    )
    expect(rows).toEqual([
      ['a', null, 1],
      ['a', null, 1],
      ['a', null, 1],
    ])
  })

  it('in what a processor forwards and puts into stores', async () => {
    const writer: ProcessorSupplier<string, string | null, string, string> = (context) => {
      const rows = context.store<KeyValueStore<string, string>>('rows')
      const windows = context.store<WindowStore<string, string>>('windows')
      const versions = context.store<VersionedKeyValueStore<string, string>>('versions')
      return {
        process: ({ key, value, timestamp }) => {
          for (const put of [value, undefined] as (string | null)[]) {
            rows.put(key, put, timestamp)
            windows.put(key, put, 0, timestamp)
            versions.put(key, put, timestamp)
          }
          const left = [rows.get(key), windows.fetch(key, 0), versions.get(key)]
          context.forward({ key, value: left.every((row) => row === undefined) ? nothing() : 'a row is left', timestamp })
          context.forward({ key: nothing(), value: 'no key', timestamp })
        },
      }
    }
    const rows = await drive(
      (builder) => {
        builder.addStateStore(Stores.keyValue({ name: 'rows', ...text }))
        builder.addStateStore(Stores.window({ name: 'windows', ...text, windowSizeMs: 10, retentionMs: 10 }))
        builder.addStateStore(Stores.versioned({ name: 'versions', ...text, historyMs: 10 }))
        builder
          .stream('in', text)
          .process(writer, { name: 'writer', stores: ['rows', 'windows', 'versions'], ...text })
          .to('out')
      },
      [['in', 'a', '1', 1]],
    )
    expect(rows).toEqual([
      ['a', null, 1],
      [null, 'no key', 1],
    ])
  })

  it('in what the test driver pipes, in what serdes return, and in a suppressed or global table', async () => {
    const absent = { ...Serdes.string, deserialize: (bytes: Uint8Array) => unlessNone(Serdes.string.deserialize(bytes)) }
    const builder = new StreamsBuilder()
    builder.stream('in', { key: absent, value: absent }).to('out', text)
    builder
      .table('rows', { name: 'rows', key: Serdes.string, value: absent })
      .suppress(untilTimeLimit({ limitMs: 0 }), { name: 'held' })
      .toStream()
      .to('held-out', text)
    const global = builder.globalTable('global', { name: 'global', key: Serdes.string, value: absent })
    builder
      .stream('ask', text)
      .leftJoinGlobalTable(
        global,
        (_value, key) => key,
        (_value, row) => row ?? 'no row',
        { name: 'asked', ...text } as never,
      )
      .to('asked-out', text)
    const driver = await TopologyTestDriver.open(builder.build())
    await driver.input('in', optional).pipe(undefined, undefined, 1)
    await driver.input('in', text).pipe('none', 'none', 2)
    expect(await driver.output('out').read()).toMatchObject([
      { key: null, value: null },
      { key: null, value: null },
    ])
    for (const value of ['1', 'none']) await driver.input('rows', text).pipe('a', value, 1)
    expect(await driver.output('held-out').read()).toMatchObject([{ value: '1' }, { value: null }])
    for (const value of ['1', 'none']) await driver.input('global', text).pipe('a', value, 1)
    await driver.input('ask', text).pipe('a', '?', 3)
    expect(await driver.output('asked-out').read()).toMatchObject([{ value: 'no row' }])
    expect(await driver.deadLetters()).toEqual([])
    await driver.close()
  })
})
