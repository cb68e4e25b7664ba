import type { StoreSpec } from '../../state/index.ts'
import type { LogicalGraph, LogicalNode, PartitionNode } from './logical-graph.ts'
import { countPartitions, repartitionTopic } from './partition-counts.ts'

/** Lists every problem of a graph that has passed `insertRepartitions`, so that one build shows them all. */
export function validate(graph: LogicalGraph): readonly string[] {
  return [
    ...graph.problems,
    ...repeatedNames(graph),
    ...conflictingStores(graph),
    ...invalidNames(graph),
    ...unknownStores(graph),
    ...unusedStores(graph),
    ...topicsReadTwice(graph.nodes),
    ...unnamedRepartitions(graph.nodes),
    ...missingSerdes(graph.nodes),
    ...clashesWithInternalTopics(graph),
    ...unequalPartitionCounts(graph),
    ...unversionedTables(graph),
  ]
}

function repeatedNames({ nodes }: LogicalGraph): readonly string[] {
  return repeated(nodes.map(({ name }) => name)).map((name) => `two operators are called "${name}": rename one of them`)
}

/** Declared stores and those of tables, including tables that turn out not to be stored. */
function allStores({ nodes, stores }: LogicalGraph): readonly StoreSpec[] {
  return [...stores, ...nodes.flatMap((node) => ('store' in node && node.store !== undefined ? [node.store] : []))]
}

function conflictingStores(graph: LogicalGraph): readonly string[] {
  return repeated(allStores(graph).map(({ name }) => name)).map((name) => `two different stores are called "${name}": rename one of them`)
}

/** Kafka's rule for topic names, which also applies to stores and repartitions. 49 characters are left for prefix and suffix. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,200}$/

function invalidNames(graph: LogicalGraph): readonly string[] {
  const { nodes } = graph
  const topics = nodes.flatMap((node) => [
    ...topicsOfSource(node),
    ...(node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : []),
  ])
  const repartitions = nodes.filter((node) => node.kind === 'partition').map(repartitionTopic)
  const invalidName = (what: string) => (name: string) => `${what} "${name}": a name must have 1 to 200 of the characters a-z A-Z 0-9 . _ -`
  return [
    ...[...new Set([...topics, ...repartitions])].filter((name) => !TOPIC_NAME.test(name)).map(invalidName('topic')),
    ...allStores(graph)
      .filter(({ name }) => !TOPIC_NAME.test(name))
      .map(({ name }) => invalidName('store')(name)),
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
          .map((name) => `"${node.name}" uses store "${name}", which is not declared: pass its spec or call addStateStore`)
      : [],
  )
}

function unusedStores({ nodes, stores }: LogicalGraph): readonly string[] {
  const used = new Set(
    nodes.flatMap((node) => [...('stores' in node ? node.stores : []), ...('store' in node && node.store ? [node.store.name] : [])]),
  )
  return stores
    .filter(({ name }) => !used.has(name))
    .map(({ name }) => `store "${name}" is declared but no processor uses it: name it in the processor's stores`)
}

function topicsReadTwice(nodes: readonly LogicalNode[]): readonly string[] {
  const streamed = nodes.filter((node) => node.kind !== 'global-table').flatMap(topicsOfSource)
  return repeated(streamed).map((topic) => `topic "${topic}" is read by two sources: read it once and reuse that stream`)
}

function unnamedRepartitions(nodes: readonly LogicalNode[]): readonly string[] {
  const partitions = nodes.filter((node): node is PartitionNode => node.kind === 'partition')
  return [
    ...partitions
      .filter(({ topic }) => topic === undefined)
      .map(
        ({ parents }) =>
          `"${parents.join()}" changes the key, so a repartition topic is needed downstream: give the grouping or join a name`,
      ),
    ...repeated(partitions.filter(({ topic }) => topic !== undefined).map(repartitionTopic)).map(
      (topic) => `two repartitions would write to topic "${topic}": rename one of them`,
    ),
  ]
}

function missingSerdes(nodes: readonly LogicalNode[]): readonly string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'partition' && node.kind !== 'sink') return []
    const missing = [...(node.keySerde ? [] : ['key']), ...(node.valueSerde ? [] : ['value'])]
    const where = node.kind === 'sink' ? `sink "${node.name}"` : `repartition "${node.topic ?? node.name}"`
    return missing.map((part) => `${where} has no serde for its ${part}: pass { ${part}: … }`)
  })
}

function clashesWithInternalTopics(graph: LogicalGraph): readonly string[] {
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

function unequalPartitionCounts(graph: LogicalGraph): readonly string[] {
  const fixed = new Map(
    graph.nodes.flatMap((node): readonly (readonly [string, number])[] =>
      node.kind === 'partition' && node.partitions !== undefined ? [[repartitionTopic(node), node.partitions]] : [],
    ),
  )
  return countPartitions(graph).copartitioned.flatMap((topics) => {
    const counts = topics.filter((topic) => fixed.has(topic))
    return new Set(counts.map((topic) => fixed.get(topic))).size < 2
      ? []
      : [`joined topics must have the same number of partitions: ${counts.map((topic) => `${topic} (${fixed.get(topic)})`).join(', ')}`]
  })
}

function unversionedTables(graph: LogicalGraph): readonly string[] {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const isVersioned = (name: string): boolean => {
    const node = byName.get(name)
    if (node === undefined) return false
    return 'store' in node && node.store !== undefined ? node.store.kind === 'versioned' : node.parents.every(isVersioned)
  }
  return graph.nodes.flatMap((node) =>
    node.kind === 'operator' && node.readsHistory && !node.reads.every(isVersioned)
      ? [`"${node.name}" joins with a grace period, so its table must be versioned: set the table's historyMs`]
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
