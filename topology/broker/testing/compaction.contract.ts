import { describe, expect, it } from 'vitest'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { batchOf, readAll } from './records.ts'

const PARTITION = { topic: 'balances', partition: 0 }
/** Makes Kafka compact at once: it rolls a segment per batch, and compacts all but the active one. */
const CONFIG = {
  'cleanup.policy': 'compact',
  'segment.ms': '1',
  'message.timestamp.type': 'LogAppendTime',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '0',
}
const KEYS = ['a', 'b', 'c']
const ROUNDS = 40
const MAX_ATTEMPTS = 200

/** A changelog whose keys are all deleted consists of gaps, and a restore must still reach its end. */
export function describeCompaction(underTest: () => BrokerUnderTest): void {
  describe('a compacted topic', () => {
    it('with gaps and no records at its end can be read to its end from any offset', async () => {
      const { broker, advance } = underTest()
      await broker.admin.createTopics([{ name: PARTITION.topic, partitions: 1, config: CONFIG }])
      const producer = await broker.openProducer({ transactionalId: 'p' })
      for (let round = 0; round <= ROUNDS; round++) {
        const batch = createRecordBatchBuilder()
        for (const key of KEYS) batch.append(Buffer.from(key), round === ROUNDS ? null : Buffer.alloc(100, 'v'), round)
        await producer.send(PARTITION.topic, 0, batch)
        await producer.commit()
      }
      await producer.send(PARTITION.topic, 0, batchOf('never committed'))
      await producer.abort()
      const left = async (): Promise<number> => (await readAll(broker, PARTITION)).length
      for (let attempt = 0; attempt < MAX_ATTEMPTS && (await left()) > (ROUNDS * KEYS.length) / 2; attempt++) await advance(100)
      expect(await left()).toBeLessThanOrEqual((ROUNDS * KEYS.length) / 2)
      const [end] = await broker.admin.listOffsets([PARTITION], 'latest')
      const fetcher = broker.openFetcher()
      for (let from = 0; from < (end?.offset ?? 0); from++) {
        let offset = from
        while (offset < (end?.offset ?? 0)) {
          const [fetched] = await fetcher.fetch([{ ...PARTITION, offset }], { maxWaitMs: 1_000 })
          expect(fetched?.nextOffset).toBeGreaterThan(offset)
          offset = fetched?.nextOffset ?? Infinity
        }
        expect(offset).toBe(end?.offset)
      }
      await fetcher.close()
    })
  })
}
