import type { Broker } from '../../broker/index.ts'
import { instanceOf } from './transactional-id.ts'

/**
 * Ends what instances that are not in the group any more have left open: their tasks' committed offsets and changelogs are held up
 * until then. Whoever of them is alive all the same finds itself fenced.
 */
export class LeftTransactions {
  readonly #broker: Broker
  readonly #applicationId: string
  #members: readonly string[] = []
  /** Several tasks that are opened at once have it done once. */
  #ending: Promise<void> | undefined

  constructor(broker: Broker, applicationId: string) {
    this.#broker = broker
    this.#applicationId = applicationId
  }

  /** Who is in the group from now on; others may be gone since the open transactions were listed last. */
  setMembers(instances: readonly string[]): void {
    this.#members = instances
    this.#ending = undefined
  }

  /** Resolves when none is left; rejects when the broker does not answer. */
  ended(): Promise<void> {
    if (this.#ending !== undefined) return this.#ending
    const ending = this.#end().finally(() => {
      if (this.#ending === ending) this.#ending = undefined
    })
    return (this.#ending = ending)
  }

  async #end(): Promise<void> {
    const members = this.#members
    const left = (await this.#broker.admin.openTransactions()).filter((id) => {
      const instance = instanceOf(id, this.#applicationId)
      return instance !== undefined && !members.includes(instance)
    })
    await Promise.all(left.map(async (transactionalId) => (await this.#broker.openProducer({ transactionalId })).close()))
  }
}
