import type { Topology } from '../../graph/index.ts'
import { cogroup } from './topologies/cogroup.ts'
import { groupAggregate, groupCount, groupFlat, groupReduce, groupSum, joinOwnCount } from './topologies/grouping.ts'
import { streamGlobalJoin, streamSelfJoin, streamStreamJoin, streamTableJoin } from './topologies/joins.ts'
import { processValues, punctuate, versionedStore } from './topologies/processors.ts'
import { repartition, stateless } from './topologies/stateless.ts'
import { suppressGroup, suppressTable, suppressWindows } from './topologies/suppress.ts'
import { tableJoinChain, tableJoinGroup, tableTableJoin, viewJoin, windowJoin } from './topologies/table-joins.ts'
import {
  countHistogram,
  streamToTable,
  tableChain,
  tableFilter,
  tableFilterGroup,
  tableGroupAggregate,
  tableGroupCount,
  tableGroupReduce,
  tableGroupSum,
  tableMapValues,
  tableSource,
} from './topologies/tables.ts'
import { windowed, windowRegroup } from './topologies/windows.ts'
import type { Params } from './vectors.ts'

const TOPOLOGIES: Readonly<Record<string, (params: Params) => Topology>> = {
  stateless,
  repartition,
  'group-count': groupCount,
  'group-reduce': groupReduce,
  'group-aggregate': groupAggregate,
  'group-sum': groupSum,
  'group-flat': groupFlat,
  'join-own-count': joinOwnCount,
  'table-source': tableSource,
  'table-filter': tableFilter,
  'table-mapvalues': tableMapValues,
  'table-chain': tableChain,
  'table-filter-group': tableFilterGroup,
  'table-group-count': tableGroupCount,
  'table-group-reduce': tableGroupReduce,
  'table-group-aggregate': tableGroupAggregate,
  'table-group-sum': tableGroupSum,
  'count-histogram': countHistogram,
  'table-table-join': tableTableJoin,
  'table-join-group': tableJoinGroup,
  'table-join-chain': tableJoinChain,
  'view-join': viewJoin,
  'window-join': windowJoin,
  'window-regroup': windowRegroup,
  cogroup,
  'cogroup-windowed': cogroup,
  'suppress-table': suppressTable,
  'suppress-group': suppressGroup,
  'suppress-window-close': suppressWindows,
  'suppress-window-limit': suppressWindows,
  'stream-totable': streamToTable,
  'window-tumbling': windowed,
  'window-hopping': windowed,
  'window-sliding': windowed,
  'stream-table-join': streamTableJoin,
  'stream-global-join': streamGlobalJoin,
  'stream-stream-join': streamStreamJoin,
  'stream-self-join': streamSelfJoin,
  punctuate,
  'process-values': processValues,
  'versioned-store': versionedStore,
}

/** Why a case is skipped, or undefined if it must pass. Depends on the topology and its parameters only, never on the result. */
export function skipReason(topology: string, params: Params): string | undefined {
  if (!(topology in TOPOLOGIES)) return 'the topology uses operators that are not implemented'
  if (params['cache'] === true) return 'record caching is not implemented'
  if (params['optimize'] === true) return 'the self-join optimisation is not implemented'
  if (params['kind'] === 'session') return 'session windows are not implemented'
  if (params['view'] === 'transformValues') return 'transformValues is not implemented'
  return undefined
}

/** Builds the topology of a case. */
export function conformanceTopology(topology: string, params: Params): Topology {
  const build = TOPOLOGIES[topology]
  if (build === undefined) throw new Error(`There is no conformance topology "${topology}".`)
  return build(params)
}
