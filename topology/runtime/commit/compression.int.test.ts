import { describe, expect, it } from 'vitest'
import { Serdes } from '../../../state/index.ts'
import { joinWindow, StreamsBuilder } from '../../dsl/index.ts'
import { BatchReader, layout as at } from '../../broker/record-batch/index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'

const STRINGS = { key: Serdes.string, value: Serdes.string }
const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const TOPICS = ['plain', 'chosen', 'app-own-repartition', 'app-other-repartition', 'app-own-changelog', 'app-other-changelog']

describe('20.B7 The batches of an application', () => {
  it('are compressed as sink, repartition topic and store choose, else as the application does', async () => {
    const app = await started('gzip')
    expect(await codecs(app)).toEqual({
      plain: 'gzip',
      chosen: 'zstd',
      'app-own-repartition': 'snappy',
      'app-other-repartition': 'gzip',
      'app-own-changelog': 'lz4',
      'app-other-changelog': 'gzip',
    })
  })

  it('are not compressed without the option, except where one is chosen', async () => {
    const app = await started(undefined)
    expect(await codecs(app)).toEqual({
      plain: 'none',
      chosen: 'zstd',
      'app-own-repartition': 'snappy',
      'app-other-repartition': 'none',
      'app-own-changelog': 'lz4',
      'app-other-changelog': 'none',
    })
  })
})

async function started(compression: 'gzip' | undefined): Promise<Application> {
  const builder = new StreamsBuilder()
  const source = builder.stream('in', STRINGS)
  const upper = { key: Serdes.string, value: Serdes.string }
  source
    .groupBy((value) => value, { name: 'own', compression: 'snappy', ...upper })
    .count({ name: 'own', compression: 'lz4' })
    .toStream()
    .to('chosen', { compression: 'zstd' })
  source
    .groupBy((value) => value, { name: 'other', ...upper })
    .count({ name: 'other' })
    .toStream()
    .to('plain')
  const app = await openApplication({ topology: builder.build(), topics: ['in', 'plain', 'chosen'] })
  await app.start('one', compression === undefined ? {} : { compression })
  await app.send('in', ['a', 'x'], ['b', 'x'])
  expect((await app.rows('chosen', 2)).map(({ key }) => key)).toEqual(['x', 'x'])
  await app.rows('plain', 2)
  return app
}

describe('20.B7 The changelogs of a join of two streams', () => {
  it.each([
    { chosen: 'lz4', expected: 'lz4' },
    { chosen: undefined, expected: 'gzip' },
  ] as const)('are compressed as the join chooses ($chosen), else as the application does', async ({ chosen, expected }) => {
    const builder = new StreamsBuilder()
    const window = joinWindow({ beforeMs: 1_000, afterMs: 1_000, graceMs: 0 })
    builder
      .stream('left', STRINGS)
      .outerJoin(builder.stream('right', STRINGS), (left, right) => `${left}${right}`, {
        name: 'pairs',
        window,
        value: Serdes.string,
        ...(chosen && { compression: chosen }),
      })
      .to('out')
    const app = await openApplication({ topology: builder.build(), topics: ['left', 'right', 'out'] })
    await app.start('one', { compression: 'gzip' })
    await app.send('left', ['a', '1'])
    await app.send('right', ['b', '2'], ['a', '3'])
    expect((await app.rows('out', 1)).map(({ value }) => value)).toContain('13')
    const changelogs = ['app-pairs-left-changelog', 'app-pairs-right-changelog', 'app-pairs-unmatched-changelog']
    expect(await codecs(app, changelogs)).toEqual(Object.fromEntries(changelogs.map((topic) => [topic, expected])))
  })
})

/** By topic, how its first batch is compressed. */
async function codecs(app: Application, topics: readonly string[] = TOPICS): Promise<Readonly<Record<string, string | undefined>>> {
  const seen: Record<string, string | undefined> = {}
  for (const topic of topics) {
    const fetcher = app.broker.openFetcher()
    const [start] = await app.broker.admin.listOffsets([{ topic, partition: 0 }], 'earliest')
    const purged = start?.offset ?? 0
    const [fetched] = await fetcher.fetch([{ topic, partition: 0, offset: purged }], { maxWaitMs: 0 })
    const [batch] = fetched?.batches ?? []
    if (batch instanceof BatchReader) seen[topic] = NAMES[batch.head.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK]
    await fetcher.close()
  }
  return seen
}
