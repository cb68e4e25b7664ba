import type { GraphNode, TopologyGraph } from '../../src/lib/generated/graphql.ts'

const node = (
  id: string,
  kind: string,
  children: readonly string[],
  topics: readonly string[] = [],
  stores: readonly string[] = [],
): GraphNode => ({
  id,
  name: id,
  kind,
  topics,
  stores,
  children,
})

const graph: TopologyGraph = {
  description: 'Topologies:\n  Sub-topology: 0\n    Source: transfer-commands --> transfer-saga',
  subtopologies: [
    {
      id: 0,
      nodes: [
        node('transfer-commands', 'source', ['transfer-saga'], ['bank-transfer-commands']),
        node('account-outcomes', 'source', ['transfer-saga'], ['bank-account-outcomes']),
        node('transfer-saga', 'processor', ['to-account-commands', 'to-transfer-events', 'to-outcomes'], [], ['transfers', 'deadlines']),
        node('to-account-commands', 'sink', [], ['bank-account-commands']),
        node('to-transfer-events', 'sink', [], ['bank-transfer-events']),
        node('to-outcomes', 'sink', [], ['bank-outcomes']),
      ],
    },
    {
      id: 1,
      nodes: [
        node('account-commands', 'source', ['decide-account'], ['bank-account-commands']),
        node('decide-account', 'processor', ['to-account-events', 'to-account-outcomes'], [], ['accounts']),
        node('to-account-events', 'sink', [], ['bank-account-events']),
        node('to-account-outcomes', 'sink', [], ['bank-account-outcomes']),
      ],
    },
    {
      id: 2,
      nodes: [
        node('account-events', 'source', ['transaction-rows', 'turnover-per-hour'], ['bank-account-events']),
        node('transaction-rows', 'processor', ['to-rows', 'alerts-join'], [], ['rows-by-iban', 'balance-history']),
        node('alert-settings', 'source', ['alerts-join'], ['bank-alert-settings']),
        node('alerts-join', 'processor', ['to-alerts'], [], ['latest-alert-settings']),
        node('turnover-per-hour', 'processor', [], [], ['turnover']),
        node('to-rows', 'sink', [], ['bank-transaction-rows']),
        node('to-alerts', 'sink', [], ['bank-alerts']),
      ],
    },
  ],
}

/** A machine to look at: three sub-topologies with three tasks each. */
export const TOPOLOGY = { graph, tasks: graph.subtopologies.flatMap(({ id }) => [`${id}_0`, `${id}_1`, `${id}_2`]) }
