import type { Broker, TopicSpec } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Something to send into the application, by a client that repeats it until it is acknowledged. */
export interface Stimulus {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** An application under test: what it is, what is done to it, and what must be true of the logs it leaves. */
export interface Scenario {
  readonly applicationId: string
  readonly topics: readonly TopicSpec[]
  readonly topology: Topology
  /** What clients send, in order. */
  stimuli(random: SeededRandom): readonly Stimulus[]
  /** True when all that was sent has been answered and nothing moves any more. */
  isAtRest(logs: Logs): boolean
  /** Sentences, each a broken invariant. */
  violations(logs: Logs): readonly string[]
}

/** Committed records by topic; in a partition in order. */
export interface Logs {
  records(topic: string): readonly LogRecord[]
}

export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** Reads the topics anew from the broker itself, past every fault. */
export async function readLogs(broker: Broker, topics: readonly TopicSpec[]): Promise<Logs> {
  const logs = new Map<string, LogRecord[]>()
  const fetcher = broker.openFetcher()
  for (const { name, partitions } of topics) {
    const rows: LogRecord[] = []
    for (let partition = 0; partition < partitions; partition++) {
      const [end] = await broker.admin.listOffsets([{ topic: name, partition }], 'latest')
      for (let offset = 0; offset < (end?.offset ?? 0);) {
        const [fetched] = await fetcher.fetch([{ topic: name, partition, offset }], { maxWaitMs: 0 })
        if (fetched === undefined) break
        for (const batch of fetched.batches) {
          while (batch.next())
            if (batch.offset >= offset) rows.push({ partition, offset: batch.offset, key: batch.key, value: batch.value })
        }
        offset = fetched.nextOffset
      }
    }
    logs.set(name, rows)
  }
  await fetcher.close()
  return { records: (topic) => logs.get(topic) ?? [] }
}
