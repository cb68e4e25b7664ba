import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatheredBatch, MemoryStorage } from '../../../state/index.ts'
import type { Broker } from '../broker.ts'
import { manualPorts, type ManualPorts } from '../../testing/manual-ports.ts'
import { readAll } from '../testing/records.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import { EmbeddedBroker } from './embedded-broker.ts'
import { BATCH } from './keys.ts'

const T = { topic: 't', partition: 0 }
const HOUR = 3_600_000

describe('the cleaner', () => {
  let ports: ManualPorts
  let storage: MemoryStorage
  let broker: EmbeddedBroker
  beforeEach(async () => {
    ports = manualPorts()
    storage = new MemoryStorage()
    broker = await open()
  })
  afterEach(() => broker.close())

  function open(): Promise<EmbeddedBroker> {
    return EmbeddedBroker.open({ storage, ports, compactionMinBytes: 2_000 })
  }

  it('keeps the last value of each key of a compacted topic at its offset, and bounds the log', async () => {
    await broker.admin.createTopics([{ name: 't', partitions: 1, config: { 'cleanup.policy': 'compact' } }])
    const written: string[] = []
    for (let i = 0; i < 400; i++) written.push(await put(broker, `k${i % 7}`, `v${i}`))
    await ports.advance(1)
    const records = await readAll(broker, T)
    expect(records.length).toBeLessThan(120)
    expect(records.map(({ value }) => value).filter((value, index, all) => index > 0 && all[index - 1] === value)).toEqual([])
    const last = new Map(records.map(({ key, value }) => [key, value]))
    for (let k = 0; k < 7; k++) expect(last.get(`k${k}`)).toBe(written.findLast((_, i) => i % 7 === k))
    for (const { offset, value } of records) expect(value).toBe(`v${offset / 2}`)
    const before = await broker.admin.listOffsets([T], 'latest')
    const rows = storage.size
    broker.crash()
    broker = await open()
    expect(await broker.admin.listOffsets([T], 'latest')).toEqual(before)
    expect((await readAll(broker, T)).at(-1)).toEqual(records.at(-1))
    expect(rows).toBeLessThan(1_500)
  })

  it('21.7 removes nothing that a reader can still ask for: rows may leave the storage before the write of their removal has ended', async () => {
    let release = (): void => {}
    const heldBack = new Promise<void>((resolve) => (release = resolve))
    storage.batch = () =>
      new GatheredBatch(async (operations) => {
        storage.apply(operations)
        if (operations.some(({ key, value }) => key[0] === BATCH && value === null)) await heldBack
      })
    const dropped = { topic: 'dropped', partition: 0 }
    await broker.admin.createTopics([
      { name: 't', partitions: 1, config: { 'cleanup.policy': 'compact' } },
      { name: 'dropped', partitions: 1 },
    ])
    broker.crash()
    broker = await EmbeddedBroker.open({ storage, ports, cacheBytes: 0, compactionMinBytes: 2_000 })
    for (let i = 0; i < 5; i++) await put(broker, 'k', `${i}`, 'dropped')
    const filling = (async () => {
      for (let i = 0; i < 400; i++) await put(broker, `k${i % 7}`, `v${i}`)
    })()
    await ports.advance(1)
    const deleting = broker.admin.deleteRecords([{ ...dropped, offset: 6 }])
    expect((await readAll(broker, T)).at(-1)?.value).toMatch(/^v/)
    release()
    const [earliest] = await broker.admin.listOffsets([dropped], 'earliest')
    expect(await readAll(broker, dropped, earliest?.offset)).toHaveLength(2)
    await Promise.all([filling, deleting])
  })

  it('keeps a tombstone for delete.retention.ms, so that readers see the deletion', async () => {
    await broker.admin.createTopics([
      { name: 't', partitions: 1, config: { 'cleanup.policy': 'compact', 'delete.retention.ms': `${HOUR}` } },
    ])
    await put(broker, 'deleted', 'x')
    await put(broker, 'deleted', null)
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) await put(broker, 'other', `${i}`)
      await ports.advance(1)
    }
    await fill()
    expect((await readAll(broker, T)).filter(({ key }) => key === 'deleted').map(({ value }) => value)).toEqual([null])
    await ports.advance(2 * HOUR)
    await fill()
    expect((await readAll(broker, T)).filter(({ key }) => key === 'deleted')).toEqual([])
  })

  it('21.7 deletes after a restart what has become old meanwhile, but not before its readers had time to read it', async () => {
    await broker.admin.createTopics([{ name: 't', partitions: 1, config: { 'retention.ms': `${HOUR}` } }])
    for (let i = 0; i < 3; i++) await put(broker, 'k', `${i}`)
    broker.crash()
    await ports.advance(2 * HOUR)
    broker = await open()
    expect((await readAll(broker, T)).length).toBe(3)
    await ports.advance(300_000)
    const [earliest] = await broker.admin.listOffsets([T], 'earliest')
    expect((await readAll(broker, T, earliest?.offset)).map(({ value }) => value)).toEqual(['2'])
  })

  it('deletes batches older than retention.ms but never the newest, and none without a retention', async () => {
    const forever = { topic: 'forever', partition: 0 }
    await broker.admin.createTopics([
      { name: 't', partitions: 1, config: { 'retention.ms': `${HOUR}` } },
      { name: 'forever', partitions: 1, config: { 'retention.ms': '-1' } },
    ])
    for (const topic of ['t', 'forever']) for (let i = 0; i < 3; i++) await put(broker, 'k', `${i}`, topic)
    await ports.advance(HOUR / 2)
    expect((await readAll(broker, T)).length).toBe(3)
    await ports.advance(HOUR)
    const [earliest] = await broker.admin.listOffsets([T], 'earliest')
    expect((await readAll(broker, T, earliest?.offset)).map(({ value }) => value)).toEqual(['2'])
    expect((await readAll(broker, forever)).length).toBe(3)
  })
})

/** Commits one record. The n-th record, from 0, gets offset 2n, because each transaction also writes a marker. */
async function put(broker: Broker, key: string, value: string | null, topic = 't'): Promise<string> {
  const producer = await broker.openProducer({ transactionalId: 'p' })
  const builder = createRecordBatchBuilder()
  builder.append(Buffer.from(key), value === null ? null : Buffer.from(value), 5)
  await producer.send(topic, 0, builder)
  await producer.commit()
  return value ?? ''
}
