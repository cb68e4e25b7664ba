import type { Broker } from '../../topology/index.ts'
import { APPLICATION } from '../application.ts'

/** The group still has members, which would go on using the topics to be deleted. */
export class BankInUseError extends Error {}

/** All topics with the bank's prefix. Kafka deletes the committed offsets of a topic together with the topic. */
export async function bankTopicsIn(broker: Broker): Promise<readonly string[]> {
  const topics = await broker.admin.describeTopics()
  return topics.map(({ name }) => name).filter((name) => name.startsWith(`${APPLICATION}-`))
}

/** Deletes those topics. Throws `BankInUseError` while processors are in the group. */
export async function resetCluster(broker: Broker, topics: readonly string[]): Promise<void> {
  const members = (await broker.groups.assignments(APPLICATION))?.size ?? 'some'
  if (members !== 0)
    throw new BankInUseError(`Cannot reset the bank: group "${APPLICATION}" has ${members} active members. Stop its processors first.`)
  await broker.admin.deleteTopics(topics)
}
