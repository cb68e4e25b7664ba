import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordBatchBuilder, type Broker, type LogFields } from '../topology/index.ts'
import { manualPorts, memoryBroker, type ManualPorts } from '../topology/testing/index.ts'
import { TopicTail, type TailSource, type UnreadableRecord } from './topic-tail.ts'

let ports: ManualPorts
let broker: Broker
let tail: TopicTail | undefined
let seen: string[]

beforeEach(async () => {
  ports = manualPorts()
  broker = await memoryBroker(ports)
  await broker.admin.createTopics([{ name: 'topic', partitions: 2 }])
  tail = undefined
  seen = []
})

afterEach(async () => {
  await tail?.close()
  await broker.close()
})

async function write(...values: readonly string[]): Promise<void> {
  const producer = await broker.openProducer({})
  for (const [at, value] of values.entries()) {
    const batch = createRecordBatchBuilder()
    batch.append(Buffer.from(`key ${at}`), Buffer.from(value), ports.clock.now())
    await producer.send('topic', at % 2, batch)
  }
  await producer.commit()
}

async function follow(from: TailSource['from'], onUnreadable?: (record: UnreadableRecord) => Promise<void>): Promise<void> {
  tail = await TopicTail.open({
    broker,
    ports,
    sources: [{ topic: 'topic', from }],
    onRecord: (_topic, _key, value) => {
      const text = Buffer.from(value ?? []).toString()
      if (text.startsWith('poison')) throw new Error('not readable')
      seen.push(text)
    },
    ...(onUnreadable === undefined ? {} : { onUnreadable }),
  })
}

describe('A tail', () => {
  it('delivers the stored records, then new ones', async () => {
    await write('a', 'b')
    await follow('earliest')
    await tail?.catchUp()
    await write('c')
    await tail?.catchUp()
    expect(seen.toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('begins at the end, or at a timestamp', async () => {
    await write('old')
    await ports.advance(1_000)
    const moment = ports.clock.now()
    await write('new')
    await follow({ timestampMs: moment })
    await tail?.catchUp()
    expect(seen).toEqual(['new'])
    await tail?.close()
    await follow('latest')
    await write('newest')
    await tail?.catchUp()
    expect(seen).toEqual(['new', 'newest'])
  })

  it('reports a record that cannot be read, then skips it', async () => {
    const reported: UnreadableRecord[] = []
    await write('a', 'b', 'poison', 'c')
    await follow('earliest', async (record) => void reported.push(record))
    await tail?.catchUp()
    expect(seen.toSorted()).toEqual(['a', 'b', 'c'])
    expect(reported).toMatchObject([{ origin: { topic: 'topic', partition: 0, offset: 1 }, reason: 'not readable' }])
  })

  it('delivers a record again when reporting it failed', async () => {
    let attempts = 0
    await write('poison', 'b', 'a')
    await follow('earliest', async () => {
      if (++attempts < 3) throw new Error('not stored')
    })
    const caughtUp = tail?.catchUp()
    await ports.advance(1_000)
    await caughtUp
    expect(attempts).toBe(3)
    expect(seen.toSorted()).toEqual(['a', 'b'])
  })

  it('begins at a group’s committed offset, and at the first record where it has none', async () => {
    await write('a', 'b', 'c', 'd')
    await broker.admin.alterOffsets('group', [{ topic: 'topic', partition: 0, offset: 1 }])
    await follow({ groupId: 'group' })
    await tail?.catchUp()
    expect(seen.toSorted()).toEqual(['b', 'c', 'd'])
    expect(tail?.positions).toEqual([
      { topic: 'topic', partition: 0, offset: 2 },
      { topic: 'topic', partition: 1, offset: 2 },
    ])
  })

  it('20.B7 waits at a batch that cannot be read, says so once, and delivers what other partitions hold', async () => {
    await write('before', 'elsewhere')
    const bomb = createRecordBatchBuilder('gzip')
    bomb.append(null, Buffer.alloc(64 << 20), ports.clock.now())
    const producer = await broker.openProducer({})
    await producer.send('topic', 0, bomb)
    await producer.commit()
    const errors: unknown[] = []
    const logger = { ...ports.logger, error: (_: string, fields?: LogFields) => void errors.push(fields?.error) }
    ports = { ...ports, logger }
    await follow('earliest')
    await ports.advance(1_000)
    await write('not yet', 'again')
    await ports.advance(1_000)
    expect(seen.toSorted()).toEqual(['again', 'before', 'elsewhere'])
    expect(errors).toEqual([expect.stringMatching(/topic-0@1: .*gzip.*67108864/)])
    expect(tail?.positions).toEqual([
      { topic: 'topic', partition: 0, offset: 1 },
      { topic: 'topic', partition: 1, offset: 2 },
    ])
  })

  it('names the topic that does not exist', async () => {
    const sources = [{ topic: 'none', from: 'latest' as const }]
    await expect(TopicTail.open({ broker, ports, sources, onRecord: () => undefined })).rejects.toThrow(
      'Cannot follow topic "none": it does not exist.',
    )
  })
})
