import { tableSource } from '../operators/index.ts'
import type { KStream } from './k-stream.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { TableOptions, Versioned } from './materialized.ts'
import { outputOf } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'

/** Reads a stream as upserts. */
export function tableFromStream<K, V>(
  stream: KStream<K, V>,
  options: TableOptions<NonNullable<K>, NonNullable<V>> & Versioned,
): KTable<NonNullable<K>, NonNullable<V>> {
  const { name, key, value } = options
  const { output } = stream.partitioned({ name, force: false, ...(key && { key }), ...(value && { value }) })
  const { builder, node } = output
  const table = outputOf(name, output, { key: true, value: true }, options)
  const store = tableStore(
    options,
    builder.requireSerde(table.keySerde, 'key', name),
    builder.requireSerde(table.valueSerde, 'value', name),
  )
  const supplier = tableSource({ store: name })
  builder.add(tableOperatorNode({ name, parents: [node], stores: [name], store, oldValues: 'own', supplier: () => supplier }))
  return builder.make.table(table)
}
