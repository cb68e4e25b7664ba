import type { Broker, GroupMember, PartitionOffset, Producer, TopicPartition } from '../../broker.ts'

/**
 * A broker that looks new: topics, groups and transactional ids bear a prefix of their own on the real one. A transaction counts as
 * ended when its markers are written too, which Kafka does a moment after it has answered.
 */
export function brokerOfItsOwn(broker: Broker, prefix: string, transactionEnded: (transactionalId: string) => Promise<void>): Broker {
  const there = <T extends TopicPartition>(partition: T): T => ({ ...partition, topic: prefix + partition.topic })
  const here = <T extends TopicPartition>(partition: T): T => ({ ...partition, topic: partition.topic.slice(prefix.length) })
  const group = <T extends GroupMember>(member: T): T => ({ ...member, groupId: prefix + member.groupId })
  const { admin, groups } = broker
  const producerOf = (producer: Producer, transactionalId: string | undefined): Producer => {
    const ended = async (): Promise<void> => (transactionalId === undefined ? undefined : transactionEnded(transactionalId))
    return {
      send: (topic, partition, batch) => producer.send(prefix + topic, partition, batch),
      sendOffsets: (member, offsets) => producer.sendOffsets(group(member), offsets.map(there)),
      commit: async () => {
        const committed = await producer.commit()
        await ended()
        return committed.map(here)
      },
      abort: async () => {
        await producer.abort()
        await ended()
      },
      close: () => producer.close(),
    }
  }
  return {
    admin: {
      brokerCount: () => admin.brokerCount(),
      createTopics: (topics) => admin.createTopics(topics.map((topic) => ({ ...topic, name: prefix + topic.name }))),
      describeTopics: async (names) => {
        const described = await admin.describeTopics(names?.map((name) => prefix + name))
        return described.filter(({ name }) => name.startsWith(prefix)).map((topic) => ({ ...topic, name: topic.name.slice(prefix.length) }))
      },
      alterTopic: (name, config) => admin.alterTopic(prefix + name, config),
      createPartitions: (name, partitions) => admin.createPartitions(prefix + name, partitions),
      deleteTopics: (names) => admin.deleteTopics(names.map((name) => prefix + name)),
      listOffsets: async (partitions, at) => (await admin.listOffsets(partitions.map(there), at)).map(here),
      openTransactions: async () =>
        (await admin.openTransactions()).filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)),
      deleteRecords: (offsets) => admin.deleteRecords(offsets.map(there)),
      alterOffsets: (groupId, offsets) => admin.alterOffsets(prefix + groupId, offsets.map(there)),
    },
    groups: {
      join: (request) => groups.join({ ...request, groupId: prefix + request.groupId }),
      sync: (request) => groups.sync(group(request)),
      heartbeat: (member) => groups.heartbeat(group(member)),
      leave: (groupId, memberId) => groups.leave(prefix + groupId, memberId),
      assignments: (groupId) => groups.assignments(prefix + groupId),
      committedOffsets: async (groupId, partitions): Promise<readonly PartitionOffset[]> =>
        (await groups.committedOffsets(prefix + groupId, partitions.map(there))).map(here),
    },
    openFetcher: () => {
      const fetcher = broker.openFetcher()
      return {
        fetch: async (partitions, options) => (await fetcher.fetch(partitions.map(there), options)).map(here),
        wakeup: () => fetcher.wakeup(),
        close: () => fetcher.close(),
      }
    },
    openProducer: async (options) => {
      const { transactionalId } = options
      if (transactionalId === undefined) return producerOf(await broker.openProducer(options), undefined)
      return producerOf(await broker.openProducer({ ...options, transactionalId: prefix + transactionalId }), prefix + transactionalId)
    },
    close: () => broker.close(),
  }
}
