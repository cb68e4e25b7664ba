import { expect, it } from 'vitest'
import { MemoryStorage, StateCorruptedError } from '../../../state/index.ts'
import { manualPorts } from '../../testing/manual-ports.ts'
import { FatalBrokerError } from '../errors.ts'
import { EmbeddedBroker } from './embedded-broker.ts'

it('21.7 damage that is found after opening stops the broker with advice, and closes its storage with it', async () => {
  let isClosed = false
  const storage = new MemoryStorage()
  storage.close = async () => {
    isClosed = true
  }
  let report: (error: StateCorruptedError) => void = () => {}
  const broker = await EmbeddedBroker.open({
    ports: manualPorts(),
    storage: async (bulk) => {
      report = bulk.onDamage
      return storage
    },
  })
  await broker.admin.createTopics([{ name: 't', partitions: 1 }])
  const fetcher = broker.openFetcher()
  const waiting = fetcher.fetch([{ topic: 't', partition: 0, offset: 0 }], { maxWaitMs: 10_000 })
  report(new StateCorruptedError('The table 5 is damaged.'))
  await expect(waiting).rejects.toThrow(/The table 5 is damaged\. Nothing was changed; put a copy of the data directory back/)
  await expect(broker.admin.createTopics([{ name: 'u', partitions: 1 }])).rejects.toBeInstanceOf(FatalBrokerError)
  expect(isClosed).toBe(false)
  await broker.close()
  expect(isClosed).toBe(true)
})

it('21.7 damage that is found while the broker opens is refused', async () => {
  const opened = EmbeddedBroker.open({
    ports: manualPorts(),
    storage: async (bulk) => {
      bulk.onDamage(new StateCorruptedError('The table 5 is damaged.'))
      return new MemoryStorage()
    },
  })
  await expect(opened).rejects.toBeInstanceOf(FatalBrokerError)
})
