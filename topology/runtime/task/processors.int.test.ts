import { describe, expect, it } from 'vitest'
import { Serdes, Stores, type KeyValueStore } from '../../../state/index.ts'
import { createRecordBatchBuilder } from '../../broker/index.ts'
import { StreamsBuilder } from '../../dsl/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Application } from '../testing/application.ts'
import { openApplication } from '../testing/open-application.ts'

/** So many records a task works on before it looks whether it has room for more. */
const TURN = 1_000

function open(topology: Topology): Promise<Application> {
  return openApplication({ topology, topics: ['in', 'out'] })
}

const values = (rows: readonly { value: string | null }[]): (string | null)[] => rows.map(({ value }) => value)

describe('Processors', () => {
  it('that answer with promises get one record after the other', async () => {
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
              for (let turn = Number(value) % 3; turn > 0; turn--) await Promise.resolve()
              forward(key, String(value))
            },
          }
        },
        { name: 'later', key: Serdes.string, value: Serdes.string },
      )
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    const sent = Array.from({ length: 30 }, (_, at) => String(at))
    await app.send('in', ...sent.map((value) => ['a', value] as const))
    expect(values(await app.rows('out', 30))).toEqual(sent)
  })

  it('get what comes after a batch larger than what is read ahead, when their turn ends with it', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key: Serdes.string, value: Serdes.string })
      .mapValues((value) => String(value?.length))
      .to('out', { key: Serdes.string, value: Serdes.string })
    const app = await open(builder.build())
    await app.start('one')
    const producer = await app.broker.openProducer({})
    for (const _ of ['first', 'second']) {
      const batch = createRecordBatchBuilder()
      for (let number = 0; number < TURN; number++) batch.append(null, Buffer.alloc(5_000, 'x'), 1)
      await producer.send('in', 0, batch)
      await producer.commit()
    }
    await producer.close()
    expect(await app.rows('out', 2 * TURN)).toHaveLength(2 * TURN)
  })

  it('whose punctuator throws lose no record to the dead letters', async () => {
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
                if (isBroken) throw new Error('broken clock')
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
