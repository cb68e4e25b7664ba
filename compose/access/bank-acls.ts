import { apiTopics } from '../../api/index.ts'
import { bankTopics, commandFormat, eventFormats, feedFormats } from '../../processors/index.ts'
import type { RecordCodec } from '../../schemas/index.ts'
import { deadLetterTopic, transactionalIdPrefix, type Acl, type Topology } from '../../topology/index.ts'
import { APPLICATION, bankApplication } from '../application.ts'
import { allTopics } from '../topics/all-topics.ts'

/** The principals that connect to a secured cluster, besides the brokers and the administrator. */
export const PRINCIPALS = ['topics', 'registry', 'processor', 'api'] as const

export type Principal = (typeof PRINCIPALS)[number]

type Grant = Omit<Acl, 'principal'>

/** Prefix of the registry's topics and groups, as set in `compose/containers/compose.yaml`. */
const REGISTRY_PREFIX = 'registry-'

/** The least rights that each principal needs, derived from the topology and the declared topics (DECISIONS 67). */
export function bankAcls(codec: RecordCodec): readonly Acl[] {
  const topology = bankApplication(codec)
  const grants: Readonly<Record<Principal, readonly Grant[]>> = {
    topics: prefixed('topic', `${APPLICATION}-`, 'create', 'delete', 'alter', 'alterConfigs', 'describe', 'describeConfigs'),
    registry: [
      ...prefixed('topic', REGISTRY_PREFIX, 'create', 'read', 'write', 'describeConfigs'),
      ...prefixed('group', REGISTRY_PREFIX, 'read'),
    ],
    processor: processorGrants(topology),
    api: apiGrants(topology, codec),
  }
  return PRINCIPALS.flatMap((principal) => grants[principal].map((grant) => ({ principal: principalName(principal), ...grant })))
}

export function principalName(principal: Principal): string {
  return `User:${principal}`
}

/**
 * Reads the sources of the topology, writes its sinks, and reads and writes the internal topics; partition counts need DESCRIBE, which Kafka grants
 * with READ and WRITE. Of what it writes it also reads the settings: the largest record, and how long tombstones are kept.
 */
function processorGrants(topology: Topology): readonly Grant[] {
  const declared = new Set([...bankTopics(1), ...apiTopics()].map(({ name }) => name))
  const internal = allTopics(topology, 1)
    .map(({ name }) => name)
    .filter((name) => !declared.has(name))
  return [
    ...topics(sourcesOf(topology), 'read'),
    ...topics(sinksOf(topology), 'write', 'describeConfigs'),
    ...topics(internal, 'read', 'write', 'describeConfigs'),
    ...topics(internal.filter(holdsParkedKeys), 'alter'), // CreatePartitions, when inputs grow
    ...topics(repartitionsOf(topology), 'delete'), // DeleteRecords, for records that have been processed
    ...literal('group', APPLICATION, 'read'),
    ...prefixed('transactionalId', transactionalIdPrefix(APPLICATION), 'write'),
  ]
}

/** Sends commands, reads what the bank publishes, and stores sessions. It describes the group to find the owner of each task. */
function apiGrants(topology: Topology, codec: RecordCodec): readonly Grant[] {
  const { commandTopics, outcomesTopic } = commandFormat(codec)
  const followed = [...Object.values(feedFormats(codec)), ...Object.values(eventFormats(codec))].map(({ topic }) => topic)
  const own = apiTopics().map(({ name }) => name)
  return [
    ...topics(commandTopics, 'write', 'describeConfigs'),
    ...topics([outcomesTopic, ...followed, deadLetterTopic(APPLICATION)], 'read'),
    ...topics(own, 'read', 'write', 'describeConfigs'),
    ...topics([...sourcesOf(topology), ...repartitionsOf(topology)], 'describe'), // partition counts give the tasks
    ...literal('group', APPLICATION, 'describe'),
    ...literal('group', `${APPLICATION}-redrive`, 'describe'),
  ]
}

/** Topics that exist before the application starts, by their names on the broker. */
function sourcesOf({ subtopologies, globalStores, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sources = [...subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...globalStores.map(({ topic }) => topic)]
  return [...new Set(sources)].filter((topic) => !internal.has(topic))
}

function repartitionsOf({ internalTopics }: Topology): readonly string[] {
  return internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => `${APPLICATION}-${name}`)
}

/** Says whether this is the changelog of a sub-topology's parked keys, which has a partition per task. */
function holdsParkedKeys(topic: string): boolean {
  return topic.startsWith(`${APPLICATION}-parked-keys-`)
}

function sinksOf({ subtopologies, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sinks = subtopologies.flatMap(({ nodes }) => nodes).filter((node) => node.kind === 'sink')
  return [...new Set(sinks.map(({ name, topic }) => staticTopic(name, topic)))].filter((topic) => !internal.has(topic))
}

function staticTopic(sink: string, topic: unknown): string {
  if (typeof topic !== 'string')
    throw new RangeError(`Cannot derive the ACLs of sink ${sink}: it chooses its topic per record. Give it a fixed topic.`)
  return topic
}

function topics(names: readonly string[], ...operations: readonly Grant['operation'][]): readonly Grant[] {
  return names.flatMap((name) => literal('topic', name, ...operations))
}

function literal(resource: Grant['resource'], name: string, ...operations: readonly Grant['operation'][]): readonly Grant[] {
  return operations.map((operation) => ({ resource, pattern: 'literal', name, operation }))
}

function prefixed(resource: Grant['resource'], name: string, ...operations: readonly Grant['operation'][]): readonly Grant[] {
  return operations.map((operation) => ({ resource, pattern: 'prefixed', name, operation }))
}
