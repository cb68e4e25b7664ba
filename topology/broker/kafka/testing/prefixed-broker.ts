import type { Broker, GroupMember, Producer, TopicPartition } from '../../broker.ts'

/**
 * Makes a shared broker look empty to each test: topics, groups and transactional ids get a prefix. Commit and abort also wait for the
 * transaction markers, which Kafka writes shortly after its response.
 */
export function prefixedBroker(broker: Broker, prefix: string, transactionEnded: (transactionalId: string) => Promise<void>): Broker {
  const prefixed = <T extends TopicPartition>(partition: T): T => ({ ...partition, topic: prefix + partition.topic })
  const unprefixed = <T extends TopicPartition>(partition: T): T => ({ ...partition, topic: partition.topic.slice(prefix.length) })
  const group = <T extends GroupMember>(member: T): T => ({ ...member, groupId: prefix + member.groupId })
  const { admin, groups } = broker
  const producerOf = (producer: Producer, transactionalId: string | undefined): Producer => {
    const ended = async (): Promise<void> => (transactionalId === undefined ? undefined : transactionEnded(transactionalId))
    return {
      send: (topic, partition, batch) => producer.send(prefix + topic, partition, batch),
      sendOffsets: (member, offsets) => producer.sendOffsets(group(member), offsets.map(prefixed)),
      commit: async () => {
        const committed = await producer.commit()
        await ended()
        return committed.map(unprefixed)
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
      describeTopics: async (names, options) => {
        const described = await admin.describeTopics(
          names?.map((name) => prefix + name),
          options,
        )
        return described.filter(({ name }) => name.startsWith(prefix)).map((topic) => ({ ...topic, name: topic.name.slice(prefix.length) }))
      },
      alterTopic: (name, config) => admin.alterTopic(prefix + name, config),
      createPartitions: (name, partitions) => admin.createPartitions(prefix + name, partitions),
      deleteTopics: (names) => admin.deleteTopics(names.map((name) => prefix + name)),
      listOffsets: async (partitions, at) => (await admin.listOffsets(partitions.map(prefixed), at)).map(unprefixed),
      openTransactions: async () =>
        (await admin.openTransactions()).filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)),
      deleteRecords: (offsets) => admin.deleteRecords(offsets.map(prefixed)),
      alterOffsets: (groupId, offsets) => admin.alterOffsets(prefix + groupId, offsets.map(prefixed)),
    },
    groups: {
      join: (request) => groups.join({ ...request, groupId: prefix + request.groupId }),
      sync: (request) => groups.sync(group(request)),
      heartbeat: (member) => groups.heartbeat(group(member)),
      leave: (groupId, memberId) => groups.leave(prefix + groupId, memberId),
      remove: (groupId, member) => groups.remove(prefix + groupId, member),
      members: (groupId) => groups.members(prefix + groupId),
      keepAlive: (member, times) => groups.keepAlive(group(member), times),
      release: (groupId, memberId) => groups.release(prefix + groupId, memberId),
      assignments: (groupId) => groups.assignments(prefix + groupId),
      committedOffsets: async (groupId, partitions, options) =>
        (await groups.committedOffsets(prefix + groupId, partitions.map(prefixed), options)).map(unprefixed),
    },
    openFetcher: () => {
      const fetcher = broker.openFetcher()
      return {
        fetch: async (partitions, options) => (await fetcher.fetch(partitions.map(prefixed), options)).map(unprefixed),
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
