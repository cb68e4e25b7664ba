import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { PartitionOffset, TopicPartition } from '../broker.ts'
import { partitionName } from '../topic-partition.ts'
import { GROUP_OFFSET, packNumbers, rangeOf, textOf, textRow, unpackNumber } from './keys.ts'

interface Pending {
  readonly groupId: string
  readonly partitions: ReadonlySet<string>
  readonly settled: Promise<void>
}

/** Committed offsets of all groups, and which of them are part of a transaction that is not settled yet. */
export class GroupOffsets {
  readonly #offsets = new Map<string, Map<string, PartitionOffset>>()
  readonly #pending = new Set<Pending>()

  /** The rows of new offsets, and what makes them visible once written. */
  change(groupId: string, offsets: readonly PartitionOffset[], operations: StorageOperation[]): () => void {
    for (const offset of offsets)
      operations.push({
        key: rowKey(groupId, offset),
        value: packNumbers(offset.offset),
      })
    return () => this.#set(groupId, offsets)
  }

  /** Marks offsets as undecided; call the answer when the transaction is settled. */
  addPending(groupId: string, partitions: readonly TopicPartition[]): () => void {
    let settle = (): void => {}
    const settled = new Promise<void>((resolve) => (settle = resolve))
    const pending: Pending = {
      groupId,
      partitions: new Set(partitions.map(partitionName)),
      settled,
    }
    this.#pending.add(pending)
    return () => {
      this.#pending.delete(pending)
      settle()
    }
  }

  /** What is stored, once no transaction under way has a say in it. */
  async settled(groupId: string, partitions: readonly TopicPartition[]): Promise<PartitionOffset[]> {
    const names = partitions.map(partitionName)
    for (;;) {
      const undecided = [...this.#pending].filter(
        (pending) => pending.groupId === groupId && names.some((name) => pending.partitions.has(name)),
      )
      if (undecided.length === 0) break
      await Promise.all(undecided.map((pending) => pending.settled))
    }
    const offsets = this.#offsets.get(groupId)
    return names.flatMap((name) => offsets?.get(name) ?? [])
  }

  forgetTopics(topics: ReadonlySet<string>): {
    readonly operations: StorageOperation[]
    readonly apply: () => void
  } {
    const gone = [...this.#offsets].flatMap(([groupId, offsets]) =>
      [...offsets.values()].filter(({ topic }) => topics.has(topic)).map((offset) => ({ groupId, offset })),
    )
    return {
      operations: gone.map(({ groupId, offset }) => ({
        key: rowKey(groupId, offset),
        value: null,
      })),
      apply: () => gone.forEach(({ groupId, offset }) => this.#offsets.get(groupId)?.delete(partitionName(offset))),
    }
  }

  async restore(storage: OrderedStorage): Promise<void> {
    for await (const { key, value } of storage.scan(rangeOf(GROUP_OFFSET))) {
      const [groupId, topic, partition]: [string, string, number] = JSON.parse(textOf(key))
      this.#set(groupId, [{ topic, partition, offset: unpackNumber(value, 0) }])
    }
  }

  #set(groupId: string, offsets: readonly PartitionOffset[]): void {
    let ofGroup = this.#offsets.get(groupId)
    if (ofGroup === undefined) this.#offsets.set(groupId, (ofGroup = new Map()))
    for (const { topic, partition, offset } of offsets) ofGroup.set(partitionName({ topic, partition }), { topic, partition, offset })
  }
}

function rowKey(groupId: string, { topic, partition }: TopicPartition): Buffer {
  return textRow(GROUP_OFFSET, JSON.stringify([groupId, topic, partition]))
}
