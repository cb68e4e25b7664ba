import { BranchedKStream } from './branched-k-stream.ts'
import { CogroupedKStream } from './cogrouped-k-stream.ts'
import type { CogroupPart } from './cogrouped-k-stream.ts'
import { KGroupedStream } from './k-grouped-stream.ts'
import { KGroupedTable } from './k-grouped-table.ts'
import { KStream } from './k-stream.ts'
import { KTable } from './k-table.ts'
import type { NodeOutput } from './node-output.ts'
import { TimeWindowedKStream } from './time-windowed-k-stream.ts'
import type { WindowedByOptions } from './time-windowed-k-stream.ts'
import type { Windows } from './window-table.ts'

/**
 * Makes the DSL's objects for each other. Their methods return one another, so their modules would import each other in circles;
 * instead they import only types, and reach the constructors through `NodeOutput.builder.make`.
 */
export interface DslFactory {
  stream<K, V>(output: NodeOutput): KStream<K, V>
  table<K, V>(output: NodeOutput): KTable<K, V>
  branchedStream<K, V>(output: NodeOutput, name: string): BranchedKStream<K, V>
  groupedStream<K, V>(output: NodeOutput): KGroupedStream<K, V>
  groupedTable<K, V>(output: NodeOutput): KGroupedTable<K, V>
  windowedStream<K, V>(output: NodeOutput, windows: Windows, options: WindowedByOptions): TimeWindowedKStream<K, V>
  cogroupedStream<K, A>(part: CogroupPart<K, A>): CogroupedKStream<K, A>
}

export const dslFactory: DslFactory = {
  stream: (output) => new KStream(output),
  table: (output) => new KTable(output),
  branchedStream: (output, name) => new BranchedKStream(output, name),
  groupedStream: (output) => new KGroupedStream(output),
  groupedTable: (output) => new KGroupedTable(output),
  windowedStream: (output, windows, options) => new TimeWindowedKStream(output, windows, options),
  cogroupedStream: (part) => new CogroupedKStream(part),
}
