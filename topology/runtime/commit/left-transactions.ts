import type { Broker, ProducerOptions } from '../../broker/index.ts'
import { instanceOf } from './transactional-id.ts'

/**
 * Aborts the transactions that former members of the group left open: until then they hold up the committed offsets and the last stable
 * offsets of their tasks' changelogs. A former member that is alive after all finds its producer fenced.
 */
export class LeftTransactions {
  readonly #broker: Broker
  readonly #applicationId: string
  readonly #producerOptions: ProducerOptions
  #members: readonly string[] = []
  /** Several tasks that are opened at once share one run. */
  #aborting: Promise<void> | undefined

  constructor(broker: Broker, applicationId: string, transactionTimeoutMs: number | undefined) {
    this.#broker = broker
    this.#applicationId = applicationId
    this.#producerOptions = transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }
  }

  /** The instances in the group from now on; others may have died since the open transactions were listed last. */
  setMembers(instances: readonly string[]): void {
    this.#members = instances
    this.#aborting = undefined
  }

  /** Resolves when none is left; rejects when the broker does not answer. */
  aborted(): Promise<void> {
    if (this.#aborting !== undefined) return this.#aborting
    const aborting = this.#abort().finally(() => {
      if (this.#aborting === aborting) this.#aborting = undefined
    })
    return (this.#aborting = aborting)
  }

  async #abort(): Promise<void> {
    const members = this.#members
    const left = (await this.#broker.admin.openTransactions()).filter((id) => {
      const instance = instanceOf(id, this.#applicationId)
      return instance !== undefined && !members.includes(instance)
    })
    await Promise.all(
      left.map(async (transactionalId) => (await this.#broker.openProducer({ ...this.#producerOptions, transactionalId })).close()),
    )
  }
}
