import type { Broker } from '../broker/index.ts'
import { instanceOf } from './transactional-id.ts'

/**
 * Ends what instances that are not in the group any more have left open: their tasks' committed offsets and changelogs are held up
 * until then. Whoever of them is alive all the same finds itself fenced.
 */
export async function endLeftTransactions(broker: Broker, applicationId: string, members: readonly string[]): Promise<void> {
  const left = (await broker.admin.openTransactions()).filter((id) => {
    const instance = instanceOf(id, applicationId)
    return instance !== undefined && !members.includes(instance)
  })
  await Promise.all(left.map(async (transactionalId) => (await broker.openProducer({ transactionalId })).close()))
}
