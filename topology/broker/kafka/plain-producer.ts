import type { GroupMember, PartitionOffset, Producer } from '../broker.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import type { KafkaCluster } from './cluster.ts'
import { check, offsetCommit } from './protocol/index.ts'
import type { GroupMembers } from './group-members.ts'
import { PartitionWriter } from './partition-writer.ts'

/** At least once: every send stands for itself; `commit` waits for them and then stores the offsets. */
export class KafkaPlainProducer implements Producer {
  readonly #cluster: KafkaCluster
  readonly #members: GroupMembers
  readonly #writer: PartitionWriter
  #offsets: { readonly member: GroupMember; readonly offsets: readonly PartitionOffset[] }[] = []

  constructor(cluster: KafkaCluster, members: GroupMembers) {
    this.#cluster = cluster
    this.#members = members
    this.#writer = new PartitionWriter(cluster, null, undefined)
  }

  /** Resolves at once: whether it was accepted is told by the commit. */
  async send(topic: string, partition: number, batch: RecordBatchBuilder): Promise<void> {
    if (batch.recordCount > 0) void this.#writer.write({ topic, partition }, batch)
  }

  async sendOffsets(member: GroupMember, offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length > 0) this.#offsets.push({ member, offsets })
  }

  async commit(): Promise<readonly PartitionOffset[]> {
    const stored = this.#offsets
    this.#offsets = []
    await this.#writer.settled()
    for (const { member, offsets } of stored) {
      const request = offsetCommit(this.#members.named(member), offsets)
      const what = `offsets of group ${member.groupId}`
      await this.#cluster.atCoordinator('group', member.groupId, { ...request, read: (reader) => check(request.read(reader), what) })
    }
    return this.#writer.takeEnds()
  }

  /** What was sent stays sent; only the offsets are not stored. */
  async abort(): Promise<void> {
    this.#offsets = []
    this.#writer.takeEnds()
  }

  async close(): Promise<void> {
    await this.#writer.settled().catch(() => undefined) // who committed was told
  }
}
