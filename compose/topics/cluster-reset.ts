import type { Broker } from '../../topology/index.ts'
import { APPLICATION } from '../application.ts'

/** Somebody works on what is to be deleted; the message is one sentence. */
export class BankInUseError extends Error {}

/** What a bank keeps in a cluster: its topics. What its group has committed goes with them. */
export async function bankTopicsIn(broker: Broker): Promise<readonly string[]> {
  const topics = await broker.admin.describeTopics()
  return topics.map(({ name }) => name).filter((name) => name.startsWith(`${APPLICATION}-`))
}

/** Deletes those topics. Throws `BankInUseError` while processors are in the group. */
export async function resetCluster(broker: Broker, topics: readonly string[]): Promise<void> {
  const members = (await broker.groups.assignments(APPLICATION))?.size ?? 'some'
  if (members !== 0) throw new BankInUseError(`The group "${APPLICATION}" has ${members} processors at work: stop them first.`)
  await broker.admin.deleteTopics(topics)
}
