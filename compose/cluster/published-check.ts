import { TopicTail } from '../../api/index.ts'
import type { FeedFormat } from '../../processors/index.ts'
import { writeDeadLetter, type Broker, type Ports } from '../../topology/index.ts'

export interface PublishedCheckOptions {
  readonly applicationId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly formats: readonly FeedFormat<unknown>[]
}

/**
 * Reads the topics that no processor reads (DECISIONS 34). Every other reader of these topics skips a record that it cannot decode; this
 * one writes it as a dead letter, exactly once, because letter and position are committed in one transaction.
 */
export class PublishedCheck {
  readonly #tail: TopicTail
  readonly #broker: Broker
  readonly #groupId: string

  private constructor(tail: TopicTail, broker: Broker, groupId: string) {
    this.#tail = tail
    this.#broker = broker
    this.#groupId = groupId
  }

  /** Resolves when the tail is open; earlier records are still being read then. */
  static async open({ applicationId, broker, ports, formats }: PublishedCheckOptions): Promise<PublishedCheck> {
    const groupId = `${applicationId}-published-check`
    const decoders = new Map(formats.map(({ topic, decode }) => [topic, decode]))
    const tail = await TopicTail.open({
      broker,
      ports,
      sources: formats.map(({ topic }) => ({ topic, from: { groupId } })),
      onRecord: (topic, _key, value) => {
        if (value !== null) decoders.get(topic)?.(value)
      },
      onUnreadable: (record) => writeDeadLetter({ broker, applicationId, groupId, time: ports.clock.now() }, record),
    })
    return new PublishedCheck(tail, broker, groupId)
  }

  /** Commits the position, from which the next `open` continues. */
  async close(): Promise<void> {
    await this.#tail.close()
    await this.#broker.admin.alterOffsets(this.#groupId, this.#tail.positions)
  }
}
