import type { Serde, StoreSpec } from '../../state/index.ts'
import { dropNullKeys, tableSource } from '../operators/index.ts'
import { describeTopology } from './describe.ts'
import type { LogicalGraph, LogicalNode } from './logical-graph.ts'
import { nodesKeepingNullKeys } from './null-keys.ts'
import { countPartitions, repartitionTopic } from './partition-counts.ts'
import type { PartitionCounts } from './partition-counts.ts'
import { planTables } from './plan-tables.ts'
import type { TablePlan } from './plan-tables.ts'
import type { PlacedNode } from './placed-node.ts'
import { splitSubtopologies } from './split-subtopologies.ts'
import type { GlobalStore, InternalTopic, Subtopology, Topology } from './topology.ts'

/** Last pass: turns a graph that has passed `insertRepartitions` and `validate` into nodes that a task can run. */
export function compile(graph: LogicalGraph): Topology {
  const tables = planTables(graph)
  const counts = countPartitions(graph)
  const keepingNullKeys = nodesKeepingNullKeys(graph)
  const placed = graph.nodes.flatMap((node) => placeNode(node, tables, !keepingNullKeys.has(node.name)))
  const globalStores = graph.nodes.flatMap(globalStoreOf)
  const globalNames = new Set(globalStores.map(({ store }) => store.name))
  const taskStores = new Map(
    storesOf(graph, tables)
      .filter(({ name }) => !globalNames.has(name))
      .map((store) => [store.name, store]),
  )
  const subtopologies = splitSubtopologies(placed, taskStores)
  const topology: Omit<Topology, 'describe'> = {
    subtopologies,
    globalStores,
    internalTopics: [...repartitionTopics(graph, counts), ...changelogTopics(subtopologies)],
    copartitioned: counts.copartitioned,
  }
  return Object.freeze({ ...topology, describe: () => describeTopology(topology) })
}

/** The declared stores and those of stored tables. */
function storesOf(graph: LogicalGraph, tables: TablePlan): readonly StoreSpec[] {
  const tableStores = graph.nodes.flatMap((node) =>
    (node.kind === 'table-source' && tables.isStored(node.name)) || (node.kind === 'table-operator' && node.store !== undefined)
      ? [node.store]
      : [],
  )
  return [...graph.stores, ...tableStores.filter((store) => store !== undefined)]
}

function placeNode(node: LogicalNode, tables: TablePlan, dropsNullKeys: boolean): readonly PlacedNode[] {
  const { name, parents } = node
  switch (node.kind) {
    case 'stream-source': {
      const { topics, keySerde, valueSerde, timestampExtractor, offsetReset } = node
      return [
        { kind: 'source', name, parents, topics, keySerde, valueSerde, offsetReset, ...(timestampExtractor && { timestampExtractor }) },
      ]
    }
    case 'table-source': {
      const { topic, keySerde, valueSerde, timestampExtractor, store } = node
      const source = `${name}-source`
      const stored = tables.isStored(name) ? [store.name] : []
      return [
        {
          kind: 'source',
          name: source,
          parents,
          topics: [topic],
          keySerde,
          valueSerde,
          offsetReset: 'earliest',
          ...(timestampExtractor && { timestampExtractor }),
        },
        { kind: 'processor', name, parents: [source], supplier: tableSource({ store: stored[0] }), stores: stored },
      ]
    }
    case 'global-table':
      return []
    case 'partition': {
      const topic = repartitionTopic(node)
      const keySerde = requireSerde(node.keySerde, name)
      const valueSerde = requireSerde(node.valueSerde, name)
      const filter = `${name}-filter`
      const sink: PlacedNode = {
        kind: 'sink',
        name: `${name}-sink`,
        parents: dropsNullKeys ? [filter] : parents,
        topic,
        keySerde,
        valueSerde,
      }
      const source: PlacedNode = { kind: 'source', name, parents: [], topics: [topic], keySerde, valueSerde, offsetReset: 'earliest' }
      return dropsNullKeys
        ? [{ kind: 'processor', name: filter, parents, supplier: dropNullKeys(), stores: [] }, sink, source]
        : [sink, source]
    }
    case 'operator':
    case 'table-operator': {
      const stores = [...new Set([...node.stores, ...node.reads.flatMap(tables.storesBehind)])]
      return [{ kind: 'processor', name, parents, supplier: node.supplier(tables.operatorPlan(node)), stores }]
    }
    case 'sink': {
      const { topic, partitioner, compression } = node
      const [keySerde, valueSerde] = [requireSerde(node.keySerde, name), requireSerde(node.valueSerde, name)]
      return [
        {
          kind: 'sink',
          name,
          parents,
          topic,
          keySerde,
          valueSerde,
          ...(partitioner && { partitioner }),
          ...(compression && { compression }),
        },
      ]
    }
  }
}

function requireSerde(serde: Serde<unknown> | undefined, node: string): Serde<unknown> {
  if (serde === undefined) throw new Error(`Node "${node}" has no serde, although it passed validation.`)
  return serde
}

function globalStoreOf(node: LogicalNode): readonly GlobalStore[] {
  if (node.kind !== 'global-table') return []
  const { store, topic, keySerde, valueSerde, timestampExtractor } = node
  return [{ store, topic, keySerde, valueSerde, ...(timestampExtractor && { timestampExtractor }) }]
}

/** Repartition records never expire; the runtime deletes them once they are committed. Kafka deletes whole segments, so these are small. */
const REPARTITION_CONFIG = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'segment.bytes': '52428800' }

function repartitionTopics(graph: LogicalGraph, counts: PartitionCounts): readonly InternalTopic[] {
  return graph.nodes
    .filter((node) => node.kind === 'partition')
    .map((node) => ({
      name: repartitionTopic(node),
      kind: 'repartition',
      partitions: counts.partitionsOf(node),
      config: REPARTITION_CONFIG,
      ...(node.compression && { compression: node.compression }),
    }))
}

function changelogTopics(subtopologies: readonly Subtopology[]): readonly InternalTopic[] {
  return subtopologies.flatMap(({ stores, sourceTopics }) =>
    stores.flatMap((store: StoreSpec): readonly InternalTopic[] =>
      store.changelog === false
        ? []
        : [
            {
              name: `${store.name}-changelog`,
              kind: 'changelog',
              partitions: { asLargestOf: sourceTopics },
              config: store.changelog.config,
              ...(store.changelog.compression && { compression: store.changelog.compression }),
            },
          ],
    ),
  )
}
