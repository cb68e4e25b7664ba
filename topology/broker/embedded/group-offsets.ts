import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { OffsetAndMetadata, TopicPartition } from '../broker.ts'
import { partitionName } from '../topic-partition.ts'
import { GROUP_OFFSET, packNumbers, rangeOf, textOf, textRow, unpackNumber } from './keys.ts'

interface Pending {
  readonly groupId: string
  readonly partitions: ReadonlySet<string>
  /** Resolves when the transaction is committed or aborted. */
  readonly ended: Promise<void>
}

/** The committed offsets of all groups, and which partitions have offsets in an open transaction. */
export class GroupOffsets {
  readonly #offsets = new Map<string, Map<string, OffsetAndMetadata>>()
  readonly #pending = new Set<Pending>()

  /** Adds the rows of new offsets to `operations`. Call the returned function once they are on disk to make them visible. */
  change(groupId: string, offsets: readonly OffsetAndMetadata[], operations: StorageOperation[]): () => void {
    for (const offset of offsets)
      operations.push({
        key: rowKey(groupId, offset),
        value: rowValue(offset),
      })
    return () => this.#set(groupId, offsets)
  }

  /** Marks partitions as part of an open transaction. Call the returned function when the transaction has ended. */
  addPending(groupId: string, partitions: readonly TopicPartition[]): () => void {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    const pending: Pending = {
      groupId,
      partitions: new Set(partitions.map(partitionName)),
      ended,
    }
    this.#pending.add(pending)
    return () => {
      this.#pending.delete(pending)
      end()
    }
  }

  /** The committed offsets, once no open transaction has offsets of these partitions. */
  async whenStable(groupId: string, partitions: readonly TopicPartition[]): Promise<OffsetAndMetadata[]> {
    const names = partitions.map(partitionName)
    for (;;) {
      const open = [...this.#pending].filter((pending) => pending.groupId === groupId && names.some((name) => pending.partitions.has(name)))
      if (open.length === 0) break
      await Promise.all(open.map((pending) => pending.ended))
    }
    return this.stored(groupId, partitions)
  }

  /** The committed offsets as they are, whatever open transactions will change. */
  stored(groupId: string, partitions: readonly TopicPartition[]): OffsetAndMetadata[] {
    const offsets = this.#offsets.get(groupId)
    return partitions.flatMap((partition) => offsets?.get(partitionName(partition)) ?? [])
  }

  /** The operations that delete all offsets of the topics, and what to call once they are on disk. */
  forgetTopics(topics: ReadonlySet<string>): {
    readonly operations: StorageOperation[]
    readonly apply: () => void
  } {
    const deleted = [...this.#offsets].flatMap(([groupId, offsets]) =>
      [...offsets.values()].filter(({ topic }) => topics.has(topic)).map((offset) => ({ groupId, offset })),
    )
    return {
      operations: deleted.map(({ groupId, offset }) => ({
        key: rowKey(groupId, offset),
        value: null,
      })),
      apply: () => deleted.forEach(({ groupId, offset }) => this.#offsets.get(groupId)?.delete(partitionName(offset))),
    }
  }

  async restore(storage: OrderedStorage): Promise<void> {
    for await (const { key, value } of storage.scan(rangeOf(GROUP_OFFSET))) {
      const [groupId, topic, partition]: [string, string, number] = JSON.parse(textOf(key))
      this.#set(groupId, [{ topic, partition, offset: unpackNumber(value, 0), metadata: metadataIn(value) }])
    }
  }

  #set(groupId: string, offsets: readonly OffsetAndMetadata[]): void {
    let groupOffsets = this.#offsets.get(groupId)
    if (groupOffsets === undefined) this.#offsets.set(groupId, (groupOffsets = new Map()))
    for (const { topic, partition, offset, metadata } of offsets)
      groupOffsets.set(partitionName({ topic, partition }), { topic, partition, offset, metadata })
  }
}

function rowKey(groupId: string, { topic, partition }: TopicPartition): Buffer {
  return textRow(GROUP_OFFSET, JSON.stringify([groupId, topic, partition]))
}

const OFFSET_BYTES = 8

/** The offset, then the metadata, if there is one. */
function rowValue({ offset, metadata = '' }: OffsetAndMetadata): Buffer {
  return Buffer.concat([packNumbers(offset), Buffer.from(metadata, 'utf8')])
}

function metadataIn(value: Uint8Array): string | undefined {
  return value.length === OFFSET_BYTES ? undefined : Buffer.from(value.subarray(OFFSET_BYTES)).toString('utf8')
}
