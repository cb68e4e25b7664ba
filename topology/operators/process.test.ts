import { describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../state/index.ts'
import type { KeyValueStore } from '../../state/index.ts'
import type { StreamsBuilder } from '../dsl/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const notes = () => Stores.keyValue({ name: 'notes', ...text })

const remember: ProcessorSupplier<string, string | null, string, string> = (context) => {
  const store = context.store<KeyValueStore<string, string>>('notes')
  return { process: ({ key, value }) => store.put(key, value) }
}

const recall: ProcessorSupplier<string, string | null, string, string> = (context) => {
  const store = context.store<KeyValueStore<string, string>>('notes')
  return { process: ({ key, timestamp }) => context.forward({ key, value: store.get(key) ?? 'nothing', timestamp }) }
}

describe('a custom processor', () => {
  it('shares a store with another processor that names it', async () => {
    const rows = await drive(
      (builder) => {
        builder.addStateStore(notes())
        builder.stream('in', text).process(remember, { name: 'remember', stores: ['notes'] })
        builder
          .stream('ask', text)
          .processValues(recall, { name: 'recall', stores: ['notes'], value: Serdes.string })
          .to('out')
      },
      [
        ['in', 'a', 'noted', 1],
        ['ask', 'a', '?', 2],
        ['ask', 'b', '?', 3],
      ],
    )
    expect(rows).toEqual([
      ['a', 'noted', 2],
      ['b', 'nothing', 3],
    ])
  })

  it('opens the store of a table by its name', async () => {
    const rows = await drive(
      (builder) => {
        builder.table('rows', { name: 'notes', ...text })
        builder
          .stream('ask', text)
          .processValues(recall, { name: 'recall', stores: ['notes'], value: Serdes.string })
          .to('out')
      },
      [
        ['rows', 'a', 'a row', 1],
        ['ask', 'a', '?', 2],
      ],
    )
    expect(rows).toEqual([['a', 'a row', 2]])
  })

  it('cannot open a store that it does not name', async () => {
    const describeTopology = (builder: StreamsBuilder) => {
      builder.stream('in', text).process(remember, { name: 'remember', stores: [notes()] })
      builder.stream('ask', text).process(recall, { name: 'recall' })
    }
    await expect(drive(describeTopology, [])).rejects.toThrow('notes')
  })

  it('can forward a record to one child by name', async () => {
    const onlyFirst: ProcessorSupplier<string, string | null, string, string> = (context) => ({
      process: ({ key, timestamp }) => context.forward({ key, value: 'chosen', timestamp }, 'first'),
    })
    const describeTopology = (builder: StreamsBuilder) => {
      const stream = builder.stream('in', text).process(onlyFirst, { name: 'chooser', ...text })
      stream.to('out', { name: 'first' })
      stream.to('out-other', { name: 'second' })
    }
    expect(await drive(describeTopology, [['in', 'a', 'x', 1]])).toEqual([['a', 'chosen', 1]])
    expect(await drive(describeTopology, [['in', 'a', 'x', 1]], 'out-other')).toEqual([])
  })

  it('is punctuated by the wall clock at multiples of its interval, once for several missed firings', async () => {
    const ticking: ProcessorSupplier<string, string | null, string, string> = (context) => ({
      init: () => {
        context.schedule({ intervalMs: 10, clock: 'wall' }, (timestamp) =>
          context.forward({ key: 'tick', value: String(context.systemTime), timestamp }),
        )
      },
      process: () => undefined,
    })
    const rows = await drive(
      (builder) =>
        builder
          .stream('in', text)
          .process(ticking, { name: 'ticking', ...text })
          .to('out'),
      [{ advanceWallClockMs: 9 }, { advanceWallClockMs: 1 }, { advanceWallClockMs: 35 }, { advanceWallClockMs: 5 }],
    )
    expect(rows).toEqual([
      ['tick', '10', 10],
      ['tick', '45', 45],
      ['tick', '50', 50],
    ])
  })
})
