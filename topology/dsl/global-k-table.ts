import type { NodeOutput } from './node-output.ts'

/** A table that every instance holds in full, so that streams can look rows up by any key. */
export class GlobalKTable<K, V> {
  /** For the classes of the DSL. */
  readonly output: NodeOutput
  /** Makes tables of different rows different types. */
  declare readonly row: readonly [K, V]

  constructor(output: NodeOutput) {
    this.output = output
  }
}
