/** A table that every instance holds in full; streams look rows up in it. */
import type { Drawn } from './drawn.ts'

export class GlobalKTable<K, V> {
  /** For the classes of the DSL. */
  readonly drawn: Drawn
  /** Keeps the types apart: a table of other rows is another type. */
  declare readonly row: readonly [K, V]

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }
}
