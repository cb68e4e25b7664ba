import type { KafkaCluster } from '../kafka-cluster.ts'
import { check, type KafkaRequest } from '../protocol/index.ts'

/** Resolves when the id has no ongoing transaction and all markers of the last one are written. */
export async function transactionEnded(cluster: KafkaCluster, transactionalId: string): Promise<void> {
  for (;;) {
    const state = await cluster.atCoordinator('transaction', transactionalId, describeTransaction(transactionalId))
    if (['Empty', 'CompleteCommit', 'CompleteAbort'].includes(state)) return
    await cluster.ports.timers.sleep(2)
  }
}

function describeTransaction(transactionalId: string): KafkaRequest<string> {
  return {
    apiKey: 65,
    apiVersion: 0,
    name: 'DescribeTransactions',
    flexible: true,
    write: (writer) => void writer.compactArray([transactionalId], (id) => writer.compactString(id)).noTags(),
    read: (reader) => {
      reader.int32()
      const [state] = reader.compactArray(() => {
        check(reader.int16(), `DescribeTransactions for ${transactionalId}`)
        reader.compactString()
        const found = reader.compactString() ?? ''
        reader.int32()
        reader.int64()
        reader.int64()
        reader.int16()
        reader.compactArray(() => [reader.compactString(), reader.compactArray(() => reader.int32()), reader.skipTags()])
        reader.skipTags()
        return found
      })
      return state ?? ''
    },
  }
}
