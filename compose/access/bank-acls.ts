import { apiTopics } from '../../api/index.ts'
import { bankTopics, commandFormat, eventFormats, feedFormats } from '../../processors/index.ts'
import type { RecordCodec } from '../../schemas/index.ts'
import { deadLetterTopic, transactionalIdPrefix, type Acl, type Topology } from '../../topology/index.ts'
import { APPLICATION, bankApplication } from '../application.ts'
import { allTopics } from '../topics/all-topics.ts'

/** Who connects to a secured cluster, besides the brokers and who administers them. */
export const PRINCIPALS = ['topics', 'registry', 'processor', 'api'] as const

export type Principal = (typeof PRINCIPALS)[number]

type Grant = Omit<Acl, 'principal'>

/** What the registry's topics and groups are called by; `compose/containers/` tells it. */
const REGISTRY_PREFIX = 'registry-'

/** What each principal has to be allowed for its work, and nothing more; it follows from the topology and the declared topics. */
export function bankAcls(codec: RecordCodec): readonly Acl[] {
  const topology = bankApplication(codec)
  const grants: Readonly<Record<Principal, readonly Grant[]>> = {
    topics: prefixed('topic', `${APPLICATION}-`, 'create', 'delete', 'alter', 'alterConfigs', 'describe', 'describeConfigs'),
    registry: [
      ...prefixed('topic', REGISTRY_PREFIX, 'create', 'read', 'write', 'describeConfigs'),
      ...prefixed('group', REGISTRY_PREFIX, 'read'),
    ],
    processor: ofProcessor(topology),
    api: ofApi(topology, codec),
  }
  return PRINCIPALS.flatMap((principal) => grants[principal].map((grant) => ({ principal: principalName(principal), ...grant })))
}

export function principalName(principal: Principal): string {
  return `User:${principal}`
}

/** Reads what the topology reads, writes what it writes, and has the internal topics for itself. */
function ofProcessor(topology: Topology): readonly Grant[] {
  const declared = new Set([...bankTopics(1), ...apiTopics()].map(({ name }) => name))
  const internal = allTopics(topology, 1)
    .map(({ name }) => name)
    .filter((name) => !declared.has(name))
  return [
    ...topics(sourcesOf(topology), 'read', 'describeConfigs'),
    ...topics(sinksOf(topology), 'write', 'describeConfigs'),
    ...topics(internal, 'read', 'write', 'describeConfigs'),
    ...topics(repartitionsOf(topology), 'delete'), // of records that have been read
    ...literal('group', APPLICATION, 'read'),
    ...prefixed('transactionalId', transactionalIdPrefix(APPLICATION), 'write'),
  ]
}

/** Sends commands, follows what the bank publishes, and keeps its sessions; of the group it sees who has which task. */
function ofApi(topology: Topology, codec: RecordCodec): readonly Grant[] {
  const { commandTopics, outcomesTopic } = commandFormat(codec)
  const followed = [...Object.values(feedFormats(codec)), ...Object.values(eventFormats(codec))].map(({ topic }) => topic)
  const own = apiTopics().map(({ name }) => name)
  return [
    ...topics(commandTopics, 'write', 'describeConfigs'),
    ...topics([outcomesTopic, ...followed, deadLetterTopic(APPLICATION)], 'read', 'describeConfigs'),
    ...topics(own, 'read', 'write', 'describeConfigs'),
    ...topics([...sourcesOf(topology), ...repartitionsOf(topology)], 'describe', 'describeConfigs'), // to know how many tasks there are
    ...literal('group', APPLICATION, 'describe'),
    ...literal('group', `${APPLICATION}-redrive`, 'describe'),
  ]
}

/** Topics that are there before the application, by their names on the broker. */
function sourcesOf({ subtopologies, globalStores, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sources = [...subtopologies.flatMap(({ sourceTopics }) => sourceTopics), ...globalStores.map(({ topic }) => topic)]
  return [...new Set(sources)].filter((topic) => !internal.has(topic))
}

function repartitionsOf({ internalTopics }: Topology): readonly string[] {
  return internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => `${APPLICATION}-${name}`)
}

function sinksOf({ subtopologies, internalTopics }: Topology): readonly string[] {
  const internal = new Set(internalTopics.map(({ name }) => name))
  const sinks = subtopologies.flatMap(({ nodes }) => nodes).filter((node) => node.kind === 'sink')
  return [...new Set(sinks.map(({ name, topic }) => fixed(name, topic)))].filter((topic) => !internal.has(topic))
}

function fixed(sink: string, topic: unknown): string {
  if (typeof topic !== 'string') throw new RangeError(`Which topics ${sink} may write to follows from nothing: it chooses by record.`)
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
