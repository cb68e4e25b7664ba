import { describe, expect, it } from 'vitest'
import { MemoryStorage, StateWriteError, type OrderedStorage } from '../../../state/index.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { override } from '../../testing/override.ts'
import { FatalBrokerError } from '../errors.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import { EmbeddedBroker } from './embedded-broker.ts'

/** The storage, with writes that fail while `isFull` says so. */
function full(storage: OrderedStorage, isFull: () => boolean): OrderedStorage {
  return override(storage, {
    batch: () => {
      const batch = storage.batch()
      return override(batch, {
        write: async (options) => {
          if (isFull()) throw new StateWriteError('The disk is full. Free disk space.')
          return batch.write(options)
        },
      })
    },
  })
}

async function send(broker: EmbeddedBroker, value: string): Promise<void> {
  const producer = await broker.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(null, Buffer.from(value), 1)
  await producer.send('t', 0, batch)
  await producer.commit()
}

async function endOf(broker: EmbeddedBroker): Promise<number | undefined> {
  return (await broker.admin.listOffsets([{ topic: 't', partition: 0 }], 'latest'))[0]?.offset
}

describe('21.2 The embedded broker whose write failed', () => {
  it('says so once, accepts and answers nothing more, and has lost nothing that it had acknowledged', async () => {
    const ports = manualPorts()
    const storage = new MemoryStorage()
    let isFull = false
    const broker = await EmbeddedBroker.open({ storage: full(storage, () => isFull), ports })
    await broker.admin.createTopics([{ name: 't', partitions: 1 }])
    await send(broker, 'acknowledged')
    const fetcher = broker.openFetcher()
    const waiting = fetcher.fetch([{ topic: 't', partition: 0, offset: 1 }], { maxWaitMs: 600_000 })
    waiting.catch(() => undefined)
    isFull = true
    await expect(send(broker, 'not acknowledged')).rejects.toThrow(/stopped, because a write failed\. The disk is full\. Free disk space\./)
    await expect(broker.failed).resolves.toBeInstanceOf(FatalBrokerError)
    await expect(waiting).rejects.toThrow(/a write failed/)
    isFull = false
    await expect(send(broker, 'after it')).rejects.toThrow(/a write failed/)
    await broker.close()
    const again = await EmbeddedBroker.open({ storage, ports })
    expect(await endOf(again)).toBe(1)
    await send(again, 'after the restart')
    expect(await endOf(again)).toBe(2)
    await again.close()
  })
})
