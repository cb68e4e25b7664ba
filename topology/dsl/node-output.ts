import type { Serde } from '../../state/index.ts'
import type { GraphBuilder } from './graph-builder.ts'

/** What a stream or table of the DSL stands for: the node that its records come from, and the serdes they can be written with. */
export interface NodeOutput {
  readonly builder: GraphBuilder
  readonly node: string
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
}

/** Whether an operator leaves keys and values as they are, so that their serdes still apply. */
export interface Keeps {
  readonly key: boolean
  readonly value: boolean
}

/** The output of `node` downstream of `input`: with the given serdes, or those of `input` for what the node keeps. */
export function outputOf(
  node: string,
  { builder, keySerde, valueSerde }: NodeOutput,
  keeps: Keeps,
  serdes: { readonly key?: Serde<unknown> | undefined; readonly value?: Serde<unknown> | undefined } = {},
): NodeOutput {
  const key = serdes.key ?? (keeps.key ? keySerde : undefined)
  const value = serdes.value ?? (keeps.value ? valueSerde : undefined)
  return { builder, node, ...(key && { keySerde: key }), ...(value && { valueSerde: value }) }
}
