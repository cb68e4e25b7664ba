import { describe, expect, it } from 'vitest'
import { Serdes, Stores, type KeyValueStore } from '../../../state/index.ts'
import { createRecordBatchBuilder, partitionOf } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'

/** Records that a task processes before it checks for room for more. */
const RECORDS_PER_TURN = 1_000

function open(topology: Topology): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out'] })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)

describe('Processors', () => {
  it('that return promises get one record after the other', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => {
          let forward: (key: string, value: string) => void
          return {
            init: (context) => {
              forward = (key, value) => context.forward({ key, value, timestamp: 1 })
            },
            process: async ({ key, value }) => {
              for (let ticks = Number(value) % 3; ticks > 0; ticks--) await Promise.resolve()
              forward(key, String(value))
            },
          }
        },
        { name: 'asynchronous', key: Serdes.string, value: Serdes.string },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    const sent = Array.from({ length: 30 }, (_, at) => String(at))
    await app.send('in', ...sent.map((value) => ['a', value] as const))
    expect(values(await app.rows('out', 30))).toEqual(sent)
  })

  it('get the records after a batch that is larger than the fetch buffer and fills a whole turn', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .mapValues((value) => String(value?.length))
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.broker.admin.alterTopic('in', { 'max.message.bytes': String(8 << 20) })
    await app.start('one')
    const producer = await app.broker.openProducer({})
    for (const _ of ['first', 'second']) {
      const batch = createRecordBatchBuilder()
      for (let number = 0; number < RECORDS_PER_TURN; number++) batch.append(null, Buffer.alloc(5_000, 'x'), 1)
      await producer.send('in', 0, batch)
      await producer.commit()
    }
    await producer.close()
    expect(await app.rows('out', 2 * RECORDS_PER_TURN)).toHaveLength(2 * RECORDS_PER_TURN)
  })

  it('whose punctuator throws send no record to the dead letters', async () => {
    let isBroken = true
    let fired = 0
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .process<string, string>(
        () => {
          let store: KeyValueStore<string, string>
          return {
            init: (context) => {
              store = context.store('seen')
              context.schedule({ intervalMs: 10, clock: 'stream' }, () => {
                fired++
                if (isBroken) throw new Error('not now')
                context.forward({ key: 'tick', value: String(store.get('a')), timestamp: 1 })
              })
            },
            process: ({ key, value }) => store.put(key, value),
          }
        },
        {
          name: 'ticking',
          key: Serdes.string,
          value: Serdes.string,
          stores: [Stores.keyValue({ name: 'seen', key: Serdes.string, value: Serdes.string })],
        },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    await app.send('in', ['a', 'kept', 100])
    await app.eventually(
      () => fired,
      (times) => times > 0,
    )
    isBroken = false
    expect(values(await app.rows('out', 1))).toEqual(['kept'])
    expect(await app.read('app-dead-letters')).toEqual([])
  })
})

describe('A sink', () => {
  it.each([undefined, null])('whose partitioner returns %s leaves the choice to the key', async (nothing) => {
    const builder = new StreamsBuilder()
    const text = { key: Serdes.string, value: Serdes.string }
    builder.stream('in', text).to('out', { ...text, partitioner: () => nothing as never })
    const app = await openApplication({ topology: builder.build(), topics: ['in', 'out'], partitions: 4 })
    await app.start('one')
    const keys = ['a', 'b', 'c', 'd', 'e']
    await app.send('in', ...keys.map((key) => [key, key] as const))
    const rows = await app.rows('out', keys.length)
    expect(rows.map(({ key, partition }) => [key, partition]).toSorted()).toEqual(
      keys.map((key) => [key, partitionOf(Buffer.from(key), 4)]),
    )
  })
})
