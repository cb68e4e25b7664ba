import type { GroupMember, OffsetAndMetadata, PartitionOffset, Producer } from '../broker.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { check, offsetCommit, offsetRights } from './protocol/index.ts'
import type { GroupMembers } from './group-members.ts'
import { PartitionWriter } from './partition-writer.ts'

/** At least once: each send is a write of its own; `commit` waits for all of them and then stores the offsets. */
export class KafkaPlainProducer implements Producer {
  readonly #cluster: KafkaCluster
  readonly #members: GroupMembers
  readonly #writer: PartitionWriter
  #offsets: { readonly member: GroupMember; readonly offsets: readonly OffsetAndMetadata[] }[] = []

  constructor(cluster: KafkaCluster, members: GroupMembers) {
    this.#cluster = cluster
    this.#members = members
    this.#writer = new PartitionWriter(cluster, null, undefined)
  }

  /** Resolves at once; an error surfaces in the next `commit`. */
  async send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    if (batch.recordCount > 0) void this.#writer.write({ topic, partition }, batch)
  }

  async sendOffsets(member: GroupMember, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    if (offsets.length > 0) this.#offsets.push({ member, offsets })
  }

  async commit(): Promise<readonly PartitionOffset[]> {
    const offsetsToStore = this.#offsets
    this.#offsets = []
    await this.#writer.drained()
    for (const { member, offsets } of offsetsToStore) {
      const request = offsetCommit(this.#members.named(member), offsets)
      const what = `${request.name} for group ${member.groupId}`
      const rights = offsetRights(member.groupId, offsets)
      await this.#cluster.atCoordinator('group', member.groupId, {
        ...request,
        read: (reader) => check(request.read(reader), what, rights),
      })
    }
    return this.#writer.takeEnds()
  }

  /** Records that were sent stay in the log; only the offsets are not stored. */
  async abort(): Promise<void> {
    this.#offsets = []
    this.#writer.takeEnds()
  }

  async close(): Promise<void> {
    await this.#writer.drained().catch(() => undefined) // an error has surfaced in commit()
  }
}
