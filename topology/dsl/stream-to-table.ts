/** A stream read as upserts. */
import { tableSource } from '../operators/table-source.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import type { KStream } from './k-stream.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { TableOptions, Versioned } from './materialized.ts'

export function tableFromStream<K, V>(
  stream: KStream<K, V>,
  options: TableOptions<NonNullable<K>, NonNullable<V>> & Versioned,
): KTable<NonNullable<K>, NonNullable<V>> {
  const { name } = options
  const { drawn } = stream.partitioned({ name, force: false, ...serdesIn(options) })
  const { drawing } = drawn
  const table = drawnAt(drawn, name, { key: true, value: true }, options)
  const store = tableStore(options, drawing.needSerde(table.keySerde, 'key', name), drawing.needSerde(table.valueSerde, 'value', name))
  const supplier = tableSource({ store: name })
  drawing.add(tableOperatorNode({ name, parents: [drawn.node], stores: [name], store, oldValues: 'own', supplier: () => supplier }))
  return new KTable(table)
}

const serdesIn = <K, V>({ key, value }: TableOptions<K, V>) => ({ ...(key && { key }), ...(value && { value }) })
