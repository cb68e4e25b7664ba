/** Lists everything that is wrong with a graph whose repartitions are decided, so that one build shows all of it. */
import type { StoreSpec } from '../../state/index.ts'
import type { LogicalGraph, LogicalNode, PartitionNode } from './logical-graph.ts'
import { countPartitions, repartitionTopic } from './partition-counts.ts'

export function validate(graph: LogicalGraph): readonly string[] {
  return [
    ...graph.problems,
    ...repeatedNames(graph),
    ...conflictingStores(graph),
    ...badNames(graph),
    ...unknownStores(graph),
    ...unusedStores(graph),
    ...topicsReadTwice(graph.nodes),
    ...unnamedRepartitions(graph.nodes),
    ...missingSerdes(graph.nodes),
    ...internalNamesTaken(graph),
    ...unequalPartitions(graph),
    ...missingHistories(graph),
  ]
}

function repeatedNames({ nodes }: LogicalGraph): readonly string[] {
  return repeated(nodes.map(({ name }) => name)).map((name) => `two operators are called "${name}": give one of them another name`)
}

/** Every store there may be: declared ones and those of tables. */
function allStores({ nodes, stores }: LogicalGraph): readonly StoreSpec[] {
  return [...stores, ...nodes.flatMap((node) => ('store' in node && node.store !== undefined ? [node.store] : []))]
}

function conflictingStores(graph: LogicalGraph): readonly string[] {
  return repeated(allStores(graph).map(({ name }) => name)).map(
    (name) => `two different stores are called "${name}": give one of them another name`,
  )
}

/** What Kafka accepts in the name of a topic, which these names become part of. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,200}$/

function badNames(graph: LogicalGraph): readonly string[] {
  const { nodes } = graph
  const topics = nodes.flatMap((node) => [
    ...topicsOfSource(node),
    ...(node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : []),
  ])
  const repartitions = nodes.filter((node) => node.kind === 'partition').map(repartitionTopic)
  const complain = (what: string) => (name: string) => `${what} "${name}": a name has 1 to 200 of the characters a-z A-Z 0-9 . _ -`
  return [
    ...[...new Set([...topics, ...repartitions])].filter((name) => !TOPIC_NAME.test(name)).map(complain('topic')),
    ...allStores(graph)
      .filter(({ name }) => !TOPIC_NAME.test(name))
      .map(({ name }) => complain('store')(name)),
    ...nodes
      .filter((node) => node.kind === 'stream-source' && node.topics.length === 0)
      .map(({ name }) => `source "${name}" reads no topic: name at least one`),
  ]
}

function unknownStores(graph: LogicalGraph): readonly string[] {
  const known = new Set(allStores(graph).map(({ name }) => name))
  return graph.nodes.flatMap((node) =>
    'stores' in node
      ? node.stores
          .filter((name) => !known.has(name))
          .map((name) => `"${node.name}" uses store "${name}", which nobody adds: pass its spec, or addStateStore it`)
      : [],
  )
}

function unusedStores({ nodes, stores }: LogicalGraph): readonly string[] {
  const used = new Set(
    nodes.flatMap((node) => [...('stores' in node ? node.stores : []), ...('store' in node && node.store ? [node.store.name] : [])]),
  )
  return stores
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => `store "${name}" is added but no processor uses it: name it in the processor's stores`)
}

function topicsReadTwice(nodes: readonly LogicalNode[]): readonly string[] {
  const streamed = nodes.filter((node) => node.kind !== 'global-table').flatMap(topicsOfSource)
  return repeated(streamed).map((topic) => `topic "${topic}" is read by two sources: read it once and use that stream twice`)
}

function unnamedRepartitions(nodes: readonly LogicalNode[]): readonly string[] {
  const partitions = nodes.filter((node): node is PartitionNode => node.kind === 'partition')
  return [
    ...partitions
      .filter(({ topic }) => topic === undefined)
      .map(
        ({ parents }) =>
          `behind "${parents.join()}" the key has changed, so a repartition topic is needed: give the grouping or join a name`,
      ),
    ...repeated(partitions.filter(({ topic }) => topic !== undefined).map(repartitionTopic)).map(
      (topic) => `two repartitions would write to the topic "${topic}": give one of them another name`,
    ),
  ]
}

function missingSerdes(nodes: readonly LogicalNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'partition' && node.kind !== 'sink') return []
    const missing = [...(node.keySerde ? [] : ['key']), ...(node.valueSerde ? [] : ['value'])]
    const where = node.kind === 'sink' ? `sink "${node.name}"` : `the repartition "${node.topic ?? node.name}"`
    return missing.map((part) => `${where} has no serde for its ${part}: pass { ${part}: … }`)
  })
}

function internalNamesTaken(graph: LogicalGraph): readonly string[] {
  const { nodes } = graph
  const internal = new Set([
    ...nodes.filter((node) => node.kind === 'partition').map(repartitionTopic),
    ...allStores(graph)
      .filter(({ changelog }) => changelog !== false)
      .map(({ name }) => `${name}-changelog`),
  ])
  const external = new Set(
    nodes.flatMap((node) => [...topicsOfSource(node), ...(node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [])]),
  )
  return [...external]
    .filter((topic) => internal.has(topic))
    .map((topic) => `topic "${topic}" has the name of an internal topic: rename one of them`)
}

function unequalPartitions(graph: LogicalGraph): readonly string[] {
  const fixed = new Map(
    graph.nodes.flatMap((node): readonly (readonly [string, number])[] =>
      node.kind === 'partition' && node.partitions !== undefined ? [[repartitionTopic(node), node.partitions]] : [],
    ),
  )
  return countPartitions(graph).copartitioned.flatMap((topics) => {
    const counts = topics.filter((topic) => fixed.has(topic))
    return new Set(counts.map((topic) => fixed.get(topic))).size < 2
      ? []
      : [
          `these topics are joined and need the same number of partitions: ${counts.map((topic) => `${topic} (${fixed.get(topic)})`).join(', ')}`,
        ]
  })
}

function missingHistories(graph: LogicalGraph): readonly string[] {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const isVersioned = (name: string): boolean => {
    const node = byName.get(name)
    if (node === undefined) return false
    return 'store' in node && node.store !== undefined ? node.store.kind === 'versioned' : node.parents.every(isVersioned)
  }
  return graph.nodes.flatMap((node) =>
    node.kind === 'operator' && node.readsHistory && !node.reads.every(isVersioned)
      ? [`"${node.name}" joins within a grace, so its table must keep its history: give the table historyMs`]
      : [],
  )
}

function topicsOfSource(node: LogicalNode): readonly string[] {
  if (node.kind === 'stream-source') return node.topics
  return node.kind === 'table-source' || node.kind === 'global-table' ? [node.topic] : []
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}
