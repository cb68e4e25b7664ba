import type { Admin, PartitionOffset } from '../../broker/index.ts'
import { messageOf } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { TopicTable } from '../../topics/index.ts'
import { OutageLog } from '../outage-log.ts'
import type { RecordQueue } from './record-queue.ts'

export interface RepartitionPurgeOptions {
  readonly task: string
  readonly admin: Admin
  readonly topics: TopicTable
  readonly ports: Pick<Ports, 'clock' | 'logger'>
}

/** After so many records of a repartition partition, those that are committed are deleted from it. */
const PURGE_RECORDS = 10_000

/** Deletes from repartition topics what their only reader has committed, as Kafka Streams does: those topics have no retention of their own. */
export class RepartitionPurge {
  readonly #options: RepartitionPurgeOptions
  /** Per repartition topic, the offset up to which records have been deleted. */
  readonly #purged = new Map<string, number>()
  readonly #outage: OutageLog

  constructor(options: RepartitionPurgeOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
  }

  /** Call after a commit, when the queues' positions are committed. */
  run(queues: readonly RecordQueue[]): void {
    const { admin, task, topics } = this.#options
    const offsets: PartitionOffset[] = []
    for (const { topic, partition, position } of queues) {
      if (!topics.isRepartition(topic) || position - (this.#purged.get(topic) ?? 0) < PURGE_RECORDS) continue
      this.#purged.set(topic, position)
      offsets.push({ topic, partition, offset: position })
    }
    if (offsets.length === 0) return
    admin.deleteRecords(offsets).then(
      () => this.#outage.recovered('records of repartition topics are deleted again', { task }),
      (error: unknown) =>
        this.#outage.failed('records of a repartition topic could not be deleted; the next purge includes them', messageOf(error), {
          task,
        }),
    )
  }
}
