import type { Broker, PartitionOffset, TopicPartition } from '../../broker/index.ts'
import type { Subtopology } from '../../graph/index.ts'
import type { TopicTable } from '../../topics/index.ts'
import type { Owner } from '../assignment/index.ts'
import { offsetBounds, offsetOf } from '../state/index.ts'
import { taskName } from '../task-id.ts'

/** How far an application is behind in one of its input partitions. */
export interface PartitionLag extends TopicPartition {
  readonly task: string
  /** The committed offset; undefined: none was ever committed. */
  readonly committed?: number
  /** The last stable offset: what lies behind it belongs to open transactions, and no reader sees it. */
  readonly end: number
  /** Offsets from the committed one to the end; without a committed one, from where the source's offset reset begins. */
  readonly lag: number
  /** The instance that owns the task, as of the last rebalance; undefined while none does. */
  readonly owner?: string
}

export interface PartitionLagOptions {
  readonly groupId: string
  readonly broker: Broker
  readonly subtopologies: readonly Subtopology[]
  readonly topics: TopicTable
  readonly owners: readonly Owner[]
  /** Where a task of this instance began to read: an offset reset to the end is known to its owner only. */
  openedAt?(task: string): readonly PartitionOffset[]
}

/** Of every input partition, from the broker: an OffsetFetch and two ListOffsets in all. */
export async function partitionLags(options: PartitionLagOptions): Promise<readonly PartitionLag[]> {
  const { groupId, broker, subtopologies, owners, openedAt = () => [] } = options
  const inputs = subtopologies.flatMap((subtopology) => inputsOf(subtopology, options.topics))
  if (inputs.length === 0) return []
  const [committed, { ends, starts }] = await Promise.all([
    broker.groups.committedOffsets(groupId, inputs, { requireStable: false }),
    offsetBounds(broker.admin, inputs, { isNew: true, end: 'latest' }),
  ])
  return inputs.map(({ topic, partition, task, startsAtEnd }) => {
    const at = { topic, partition }
    const end = offsetOf(ends, at) ?? 0
    const stored = offsetOf(committed, at)
    const position = stored ?? offsetOf(openedAt(task), at) ?? (startsAtEnd ? end : (offsetOf(starts, at) ?? 0))
    const owner = owners.find(({ tasks }) => tasks.includes(task))?.instanceId
    return {
      ...at,
      task,
      end,
      lag: Math.max(0, end - position),
      ...(stored === undefined ? {} : { committed: stored }),
      ...(owner === undefined ? {} : { owner }),
    }
  })
}

export function totalLag(lags: readonly PartitionLag[]): number {
  return lags.reduce((sum, { lag }) => sum + lag, 0)
}

interface Input extends TopicPartition {
  readonly task: string
  readonly startsAtEnd: boolean
}

function inputsOf({ id, nodes, sourceTopics }: Subtopology, topics: TopicTable): readonly Input[] {
  return sourceTopics.flatMap((name) => {
    const topic = topics.nameOf(name)
    const startsAtEnd = nodes.some((node) => node.kind === 'source' && node.offsetReset === 'latest' && node.topics.includes(name))
    return Array.from({ length: topics.partitions(topic) ?? 0 }, (_, partition) => ({
      topic,
      partition,
      task: taskName({ subtopology: id, partition }),
      startsAtEnd,
    }))
  })
}
