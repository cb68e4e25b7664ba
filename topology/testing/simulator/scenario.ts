import type { Broker, TopicSpec } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { SeededRandom } from './seeded-random.ts'

/** A record that a client sends to the application, with retries until it is acknowledged. */
export interface Stimulus {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A topic that gets further partitions while the application runs, and the record that a client sends to each of them. */
export interface GrowingTopic {
  readonly topic: string
  stimulus(partition: number): Stimulus
}

/** An application under simulation: its topology, its input, and the invariants of its topics. */
export interface Scenario {
  readonly applicationId: string
  readonly topics: readonly TopicSpec[]
  readonly topology: Topology
  readonly growing?: GrowingTopic
  /** The clients' records, in order. */
  stimuli(random: SeededRandom): readonly Stimulus[]
  /** True if every stimulus has its outcome and all results are complete. */
  isAtRest(logs: Logs): boolean
  /** One sentence per violated invariant. */
  violations(logs: Logs): readonly string[]
}

/** Committed records by topic, in order within a partition. */
export interface Logs {
  records(topic: string): readonly LogRecord[]
}

export interface LogRecord {
  readonly partition: number
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** Reads the topics from their beginning, directly from the broker and without faults. */
export async function readLogs(broker: Broker, topics: readonly TopicSpec[]): Promise<Logs> {
  const logs = new Map<string, LogRecord[]>()
  const fetcher = broker.openFetcher()
  for (const { name, partitions } of await broker.admin.describeTopics(topics.map((topic) => topic.name))) {
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
