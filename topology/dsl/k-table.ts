/** A table: the last value of each key. Its changes flow on with old and new value; see `graph/change.ts`. */
import { toStream } from '../operators/to-stream.ts'
import { drawnAt, operatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import { KStream } from './k-stream.ts'
import type { NameOption } from './k-stream.ts'

export class KTable<K, V> {
  /** For the classes of the DSL. */
  readonly drawn: Drawn
  /** Keeps the types apart: a table of other rows is another type. */
  declare readonly row: readonly [K, V]

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }

  /** Every change as a record; null where the row went away. */
  toStream(options: NameOption = {}): KStream<K, V | null> {
    const { drawing, node } = this.drawn
    const name = drawing.nameOf('toStream', options.name)
    drawing.add(operatorNode({ name, parents: [node], supplier: () => toStream() }))
    return new KStream(drawnAt(this.drawn, name, { key: true, value: true }))
  }
}
