/** A process for the kill -9 test: commits transactions in a loop and prints the acknowledged ones to stdout. */
import { openLevelStorage } from '../../../state/index.ts'
import { createRecordBatchBuilder, EmbeddedBroker } from '../index.ts'
import { manualPorts } from '../../testing/manual-ports.ts'

const [directory = '', run = '0'] = process.argv.slice(2)
const broker = await EmbeddedBroker.open({ storage: () => openLevelStorage({ directory }), ports: manualPorts() })
await broker.admin.createTopics([{ name: 't', partitions: 2 }])
const workers = [0, 1, 2].map(async (worker) => {
  const producer = await broker.openProducer({ transactionalId: `p${worker}` })
  const builder = createRecordBatchBuilder()
  for (let i = 0; ; i++) {
    const value = `${run}-${worker}-${i}`
    for (const partition of [0, 1]) {
      builder.reset()
      builder.append(null, Buffer.from(value), i)
      await producer.send('t', partition, builder)
    }
    await producer.sendOffsets({ groupId: `g${worker}`, memberId: '', generation: -1 }, [{ topic: 't', partition: 0, offset: i }])
    await producer.commit()
    process.stdout.write(`${value}\n`)
  }
})
await Promise.all(workers)
